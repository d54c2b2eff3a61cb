/** Where and how to connect to a drone over SSH. */
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@muster/protocol';
import type { DroneEntry, DroneSettings } from './drone-entry.js';
import { homeFolder } from './paths.js';
import type { HostKeyPolicy } from './settings.js';
import type { SshConfig, SshHostSettings } from './ssh-config.js';

/** All that an SSH connection needs to know; paths are absolute, and may not exist. */
export interface SshTarget {
  /** The drone's name; of a host on the way, how it was named. */
  readonly drone: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Private keys, tried in this order. */
  readonly identityFiles: readonly string[];
  /** A file whose first line is the passphrase of those that are encrypted. */
  readonly passphraseFile?: string | undefined;
  /** Of the agent's keys only those of the identity files. */
  readonly identitiesOnly?: boolean | undefined;
  /** Files that are searched for the host's key; `accept-new` writes to the first. */
  readonly knownHosts: readonly string[];
  readonly hostKeyPolicy: HostKeyPolicy;
  /** Under which name the host's key is on record, in place of address and port. */
  readonly hostKeyAlias?: string | undefined;
  /** The host that the connection goes through; how that is reached, it says itself. */
  readonly jump?: SshTarget | undefined;
}

/** Where else than in its entry something may stand about how a drone is reached. */
export interface SshTargetSources {
  /** Default: nothing is set there. */
  readonly config?: Pick<SshConfig, 'settingsOf'> | undefined;
  /** The fleet's drones: one may be the way to another. */
  readonly droneOf?: ((name: string) => DroneEntry | undefined) | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

const IDENTITY_FILES = ['.ssh/id_ed25519', '.ssh/id_ecdsa', '.ssh/id_rsa'];
const USER_KNOWN_HOSTS = '.ssh/known_hosts';
const SYSTEM_KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts';

/** Hosts on the way to a drone; more is taken for a way that leads back to itself. */
const MAX_HOPS = 8;

/** What is set for a host in the fleet file, in `jump`, or for the drone behind it. */
type Given = Partial<
  Pick<
    DroneSettings,
    | 'address'
    | 'port'
    | 'user'
    | 'identityFile'
    | 'passphraseFile'
    | 'knownHosts'
    | 'hostKeyPolicy'
    | 'jump'
  >
>;

/** What a host on the way takes over from the one behind it, where nothing else is set. */
type Chosen = Pick<
  SshTarget,
  'user' | 'identityFiles' | 'passphraseFile' | 'knownHosts' | 'hostKeyPolicy'
>;

/**
 * What the fleet file sets, then what the SSH configuration says of the drone's name, and the
 * built-in defaults for the rest: this process' user, port 22, `id_ed25519`, `id_ecdsa` and
 * `id_rsa` in `~/.ssh`, the known hosts of `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`,
 * and `strict`. `~` is `environment.HOME`.
 *
 * `jump` is what ProxyJump takes: `[user@]host[:port]`, or several of them with commas, the first
 * to connect to first. Of a host that is a drone of the fleet, the fleet file's settings count. Of
 * any other, where the SSH configuration says nothing, the keys, the known hosts and the user of
 * the drone do.
 * @throws InvalidInputError if no user is set and the system has no name for this process' user,
 *   for a `jump` that makes no sense, and as `SshConfig.settingsOf`.
 */
export function resolveSshTarget(entry: DroneEntry, sources: SshTargetSources = {}): SshTarget {
  const { address, ...given } = entry;
  // The fleet file may leave the address to the SSH configuration: then it is the drone's name.
  const own = address === entry.name ? given : { ...given, address };
  return new Resolver(entry.name, sources).target(entry.name, own, {}, MAX_HOPS);
}

class Resolver {
  readonly #drone: string;
  readonly #config: SshTargetSources['config'];
  readonly #droneOf: NonNullable<SshTargetSources['droneOf']>;
  readonly #home: string;

  constructor(drone: string, { config, droneOf, environment = process.env }: SshTargetSources) {
    this.#drone = drone;
    this.#config = config;
    this.#droneOf = droneOf ?? (() => undefined);
    this.#home = homeFolder(environment);
  }

  /** `fallback` counts where neither `given` nor the SSH configuration says anything. */
  target(name: string, given: Given, fallback: Given, hopsLeft: number): SshTarget {
    const set = this.#config?.settingsOf(name) ?? {};
    const { identitiesOnly, hostKeyAlias } = set;
    const passphraseFile = given.passphraseFile ?? fallback.passphraseFile;
    const chosen: Chosen = {
      user: given.user ?? set.user ?? fallback.user ?? this.#ownUser(),
      identityFiles:
        given.identityFile ??
        set.identityFiles ??
        fallback.identityFile ??
        IDENTITY_FILES.map((file) => join(this.#home, file)),
      ...(passphraseFile !== undefined && { passphraseFile }),
      knownHosts: given.knownHosts ?? this.#knownHosts(set, fallback),
      hostKeyPolicy: given.hostKeyPolicy ?? set.hostKeyPolicy ?? fallback.hostKeyPolicy ?? 'strict',
    };
    const jump = this.#jump(given.jump ?? set.jump, chosen, hopsLeft);
    return {
      drone: name,
      address: given.address ?? set.hostName ?? name,
      port: given.port ?? set.port ?? 22,
      ...chosen,
      ...(identitiesOnly === true && { identitiesOnly }),
      ...(hostKeyAlias !== undefined && { hostKeyAlias }),
      ...(jump !== undefined && { jump }),
    };
  }

  #knownHosts(set: SshHostSettings, fallback: Given): readonly string[] {
    const { userKnownHosts, globalKnownHosts } = set;
    if (userKnownHosts === undefined && globalKnownHosts === undefined && fallback.knownHosts)
      return fallback.knownHosts;
    return [
      ...(userKnownHosts ?? [join(this.#home, USER_KNOWN_HOSTS)]),
      ...(globalKnownHosts ?? [SYSTEM_KNOWN_HOSTS]),
    ];
  }

  /** The last of the hosts that `jump` names, which is reached through those before it. */
  #jump(jump: string | undefined, behind: Chosen, hopsLeft: number): SshTarget | undefined {
    if (jump === undefined || jump.toLowerCase() === 'none') return undefined;
    const comma = jump.lastIndexOf(',');
    const before = comma === -1 ? undefined : jump.slice(0, comma);
    const { name, user, port } = this.#hop(jump.slice(comma + 1).trim());
    if (hopsLeft === 0)
      throw new InvalidInputError(
        `drone ${this.#drone}: jump: more than ${String(MAX_HOPS)} hosts on the way; does it lead back to itself?`,
      );
    const entry = this.#droneOf(name);
    const given: Given = {
      ...(entry && { ...entry, address: entry.address === name ? undefined : entry.address }),
      ...(user !== undefined && { user }),
      ...(port !== undefined && { port }),
      ...(before !== undefined && { jump: before }),
    };
    const { identityFiles: identityFile, ...others } = behind;
    const fallback = { identityFile, ...others };
    return this.target(name, given, entry ? {} : fallback, hopsLeft - 1);
  }

  #hop(text: string): { name: string; user: string | undefined; port: number | undefined } {
    const { user, plain, bracketed, port } = HOP.exec(text)?.groups ?? {};
    const name = plain ?? bracketed;
    if (name === undefined || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)))
      throw new InvalidInputError(
        `drone ${this.#drone}: jump: expected [user@]host[:port], found '${text}'`,
      );
    return { name, user, port: port === undefined ? undefined : Number(port) };
  }

  /** The system has no name for the user of many a container. */
  #ownUser(): string {
    try {
      return userInfo().username;
    } catch (error) {
      throw new InvalidInputError(
        `drone ${this.#drone}: set 'user' in the fleet file; the system has no name for the user of this process`,
        { cause: error },
      );
    }
  }
}

/** `[user@]host[:port]` or the same as a URL; an IPv6 address in brackets. */
const HOP =
  /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<bracketed>[\da-fA-F:.]+)\]|(?<plain>[^\s:@[\]/-][^\s:@[\]/]*))(?::(?<port>\d{1,5}))?\/?$/;
