/**
 * A fleet of SSH targets on this machine: one real sshd that answers at as many loopback
 * addresses as asked for (Linux takes all of 127.0.0.0/8 for itself), with keys, configuration and
 * known_hosts of its own. Works as root and as an ordinary user; logs in as the user who runs it.
 */
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { makeSshKey, type SshKeyType } from './ssh-keygen.js';
import { sshdConfig, type SshdSettings } from './sshd-config.js';
import { findSshd, SshdProcess, type SshdVersion } from './sshd-process.js';

export interface SshdLabOptions extends Partial<SshdSettings> {
  /** How many targets. Default 1. */
  readonly targets?: number;
}

export interface LabTarget {
  /** `lab001` and so on. */
  readonly name: string;
  /** 127.1.x.y */
  readonly address: string;
  readonly port: number;
}

/** How a known_hosts file is to differ from the truth. */
export interface KnownHostsChanges {
  /** Addresses that are left out. */
  readonly without?: readonly string[];
  /** Addresses that get keys which the server does not have. */
  readonly changed?: readonly string[];
  /** Addresses whose keys are marked `@revoked`. */
  readonly revoked?: readonly string[];
  /** Kinds of keys that are written. Default: all that the server has. */
  readonly hostKeys?: readonly SshKeyType[];
}

export interface SshdLab {
  /** A directory for whatever the test needs; `stop` removes it. */
  readonly directory: string;
  /** The user to log in as. */
  readonly user: string;
  readonly targets: readonly LabTarget[];
  /** A private key that is let in. */
  readonly identityFile: string;
  /** A private key that is not. */
  readonly wrongIdentityFile: string;
  /** Has the true keys of all targets. */
  readonly knownHostsFile: string;
  /** What sshd has logged so far. */
  readonly log: readonly string[];
  /** Resolves with the next line that sshd logs and that matches. */
  logged(pattern: RegExp): Promise<string>;
  /** Writes one more known_hosts file; returns its path. */
  writeKnownHosts(changes: KnownHostsChanges): Promise<string>;
  /** Gives the server new host keys of the same kinds. Open connections stay; known_hosts files become wrong. */
  rotateHostKeys(): Promise<void>;
  /** Cuts all connections by killing what serves them; the server goes on listening. */
  killConnections(): Promise<void>;
  /** Cuts them by killing the sshd processes that serve them alone: what the drones run is not told by anybody else. */
  killSessions(): Promise<void>;
  /** Stops every sshd process: connections are taken and stay, and nothing is said. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Kills the server with all that it has started, and removes the directory. May be called again. */
  stop(): Promise<void>;
}

export async function startSshdLab(options: SshdLabOptions = {}): Promise<SshdLab> {
  const version = await findSshd();
  const directory = await mkdtemp(join(tmpdir(), 'muster-sshd-'));
  try {
    return await startIn(directory, options, version);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(
  directory: string,
  options: SshdLabOptions,
  version: SshdVersion,
): Promise<SshdLab> {
  const kinds = options.hostKeys ?? ['ed25519'];
  const hostKeys = await makeKeys(directory, 'host', kinds);
  const identityFile = join(directory, 'identity');
  const wrongIdentityFile = join(directory, 'wrong_identity');
  await writeFile(join(directory, 'authorized_keys'), await makeSshKey(identityFile, 'ed25519'));
  await makeSshKey(wrongIdentityFile, 'ed25519');

  const port = await freePort();
  const configFile = join(directory, 'sshd_config');
  await writeFile(configFile, sshdConfig(directory, port, kinds, options, version));
  const sshd = await SshdProcess.start(configFile);
  const targets = Array.from({ length: options.targets ?? 1 }, (_, index) => ({
    name: `lab${String(index + 1).padStart(3, '0')}`,
    address: `127.1.${(index + 1) >> 8}.${(index + 1) & 255}`,
    port,
  }));

  let written = 0;
  const writeKnownHosts = async (changes: KnownHostsChanges) => {
    written += 1;
    const path = join(directory, `known_hosts_${written}`);
    const wrongKeys = await makeKeys(directory, `decoy_${written}`, changes.changed ? kinds : []);
    await writeFile(path, knownHosts(targets, hostKeys, wrongKeys, changes));
    return path;
  };
  const knownHostsFile = await writeKnownHosts({});

  return {
    directory,
    user: userInfo().username,
    targets,
    identityFile,
    wrongIdentityFile,
    knownHostsFile,
    log: sshd.log,
    logged: (pattern) => sshd.logged(pattern),
    writeKnownHosts,
    rotateHostKeys: async () => {
      const fresh = await makeKeys(directory, 'fresh', kinds);
      for (const [kind, key] of fresh) {
        await rename(join(directory, `fresh_${kind}`), join(directory, `host_${kind}`));
        await rm(join(directory, `fresh_${kind}.pub`));
        hostKeys.set(kind, key);
      }
      await sshd.reload();
    },
    killConnections: () => sshd.killConnections(),
    killSessions: () => sshd.killSessions(),
    freeze: () => sshd.freeze(),
    thaw: () => sshd.thaw(),
    stop: async () => {
      await sshd.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function makeKeys(directory: string, name: string, kinds: readonly SshKeyType[]) {
  const keys = new Map<SshKeyType, string>();
  for (const kind of kinds)
    keys.set(kind, await makeSshKey(join(directory, `${name}_${kind}`), kind));
  return keys;
}

function knownHosts(
  targets: readonly LabTarget[],
  hostKeys: ReadonlyMap<SshKeyType, string>,
  wrongKeys: ReadonlyMap<SshKeyType, string>,
  { without = [], changed = [], revoked = [], hostKeys: kinds }: KnownHostsChanges,
): string {
  const lines = targets
    .filter(({ address }) => !without.includes(address))
    .flatMap(({ address, port }) => {
      const keys = changed.includes(address) ? wrongKeys : hostKeys;
      const marker = revoked.includes(address) ? '@revoked ' : '';
      return [...keys]
        .filter(([kind]) => kinds?.includes(kind) ?? true)
        .map(([, key]) => `${marker}[${address}]:${port} ${key}\n`);
    });
  return lines.join('');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '0.0.0.0');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
