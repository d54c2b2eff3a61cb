/** Where and how to connect to a drone over SSH. */
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@muster/protocol';
import type { DroneEntry } from './drone-entry.js';
import { homeFolder } from './paths.js';
import type { HostKeyPolicy } from './settings.js';

/** All that an SSH connection needs to know; paths are absolute, and may not exist. */
export interface SshTarget {
  /** The drone's name. */
  readonly drone: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly knownHosts: readonly string[];
  readonly hostKeyPolicy: HostKeyPolicy;
}

const IDENTITY_FILES = ['.ssh/id_ed25519', '.ssh/id_ecdsa', '.ssh/id_rsa'];
const USER_KNOWN_HOSTS = '.ssh/known_hosts';
const SYSTEM_KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts';

/**
 * What the fleet file sets, and the built-in defaults for the rest: this process' user, port 22,
 * `id_ed25519`, `id_ecdsa` and `id_rsa` in `~/.ssh`, the known hosts of `~/.ssh/known_hosts` and
 * `/etc/ssh/ssh_known_hosts`, and `strict`. `~` is `environment.HOME`.
 * @throws InvalidInputError if no user is set and the system has no name for this process' user.
 */
export function resolveSshTarget(
  entry: DroneEntry,
  environment: NodeJS.ProcessEnv = process.env,
): SshTarget {
  const home = homeFolder(environment);
  return {
    drone: entry.name,
    address: entry.address,
    port: entry.port ?? 22,
    user: entry.user ?? userOf(entry.name),
    identityFiles: entry.identityFile ?? IDENTITY_FILES.map((file) => join(home, file)),
    knownHosts: entry.knownHosts ?? [join(home, USER_KNOWN_HOSTS), SYSTEM_KNOWN_HOSTS],
    hostKeyPolicy: entry.hostKeyPolicy ?? 'strict',
  };
}

/** The system has no name for the user of many a container. */
function userOf(drone: string): string {
  try {
    return userInfo().username;
  } catch (error) {
    throw new InvalidInputError(
      `drone ${drone}: set 'user' in the fleet file; the system has no name for the user of this process`,
      { cause: error },
    );
  }
}
