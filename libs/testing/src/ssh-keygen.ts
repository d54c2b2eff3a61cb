/** Keys made by the real ssh-keygen. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type SshKeyType = 'ed25519' | 'ecdsa' | 'rsa';

/** Makes a key pair at `path` and `path.pub`, without a passphrase unless one is given. Returns the public key as `type base64`. */
export async function makeSshKey(path: string, type: SshKeyType, passphrase = ''): Promise<string> {
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'muster test', '-f', path]);
  const [keyType, base64] = (await readFile(`${path}.pub`, 'utf8')).split(' ');
  return `${keyType ?? ''} ${base64 ?? ''}`;
}

/** Hashes the names in a known_hosts file, as `HashKnownHosts yes` would have. */
export async function hashKnownHosts(path: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-H', '-f', path]);
}
