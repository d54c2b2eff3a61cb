/** A drone as the fleet file has it. */
import { expandPath } from './paths.js';
import type { GivenSettings, HostKeyPolicy, Transport } from './settings.js';

/**
 * What the fleet file says of a drone: its `defaults`, refined by the drone's entries in file
 * order. What is undefined was not set there: for SSH, `~/.ssh/config` and then the built-in
 * defaults say it (`resolveSshTarget`). Paths on this machine are absolute. Frozen, and shared by
 * the drones that it is the same for.
 */
export interface DroneSettings {
  /** Who reaches the drone, and how. Default `ssh`. */
  readonly transport: Transport;
  /** Whose near workers serve it (`ssh`, `local`). Default `default`. */
  readonly site: string;
  /** Whether `*` and groups have it. Default true. */
  readonly enabled: boolean;
  /** Labels, in the order given. Default none. */
  readonly tags: readonly string[];
  /** The host to connect to. Default: the drone's name. */
  readonly address?: string | undefined;
  /** SSH's port, 1 to 65535. */
  readonly port?: number | undefined;
  /** The name to log in with. */
  readonly user?: string | undefined;
  /** Files of private keys, the first to try first. */
  readonly identityFile?: readonly string[] | undefined;
  /** A file whose first line is the passphrase of those that are encrypted. */
  readonly passphraseFile?: string | undefined;
  /** Files of known host keys. */
  readonly knownHosts?: readonly string[] | undefined;
  readonly hostKeyPolicy?: HostKeyPolicy | undefined;
  /** The host to connect through. */
  readonly jump?: string | undefined;
  /**
   * Where calls run. For `local` drones a path on this machine, hence absolute; else a path on the
   * drone, as written. Default: the transport's own.
   */
  readonly workdir?: string | undefined;
  /** The methods that may be called; undefined allows every method. */
  readonly methods?: readonly string[] | undefined;
  /** How many calls may run on the drone at once, at least 1. */
  readonly maxConcurrentCalls?: number | undefined;
}

export interface DroneEntry extends DroneSettings {
  readonly name: string;
  readonly address: string;
}

/** Which `~` and which folder the file's paths are relative to. */
export interface PathBase {
  readonly home: string;
  readonly folder: string;
}

/** Fills in the built-in defaults of what is not SSH's, and makes the paths absolute. */
export function settle(given: GivenSettings, { home, folder }: PathBase): DroneSettings {
  const { transport = 'ssh', site = 'default', enabled = true, tags = NO_TAGS } = given;
  const { identityFile, passphraseFile, knownHosts, workdir } = given;
  const expand = (path: string): string => expandPath(path, home, folder);
  return Object.freeze({
    ...given,
    transport,
    site,
    enabled,
    tags,
    ...(identityFile && { identityFile: Object.freeze(identityFile.map(expand)) }),
    ...(passphraseFile !== undefined && { passphraseFile: expand(passphraseFile) }),
    ...(knownHosts && { knownHosts: Object.freeze(knownHosts.map(expand)) }),
    ...(workdir !== undefined && transport === 'local' && { workdir: expand(workdir) }),
  });
}

const NO_TAGS: readonly string[] = Object.freeze([]);
