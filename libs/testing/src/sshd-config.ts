/** The configuration of a lab's sshd. */
import { join } from 'node:path';
import type { SshKeyType } from './ssh-keygen.js';
import type { SshdVersion } from './sshd-process.js';

export interface SshdSettings {
  /** Kinds of host keys. Default ed25519 only. */
  readonly hostKeys: readonly SshKeyType[];
  /** sshd_config(5), MaxStartups: `start:rate:full`. Default: sshd's own, 10:30:100. */
  readonly maxStartups: string;
  /** sshd_config(5), MaxSessions. Default: sshd's own, 10. */
  readonly maxSessions: number;
  /** The SFTP subsystem, sshd_config(5), Subsystem; null for none. Default: `internal-sftp`. */
  readonly sftp: string | null;
  /**
   * Stands in for the user's login shell, as a command line of a POSIX shell to which
   * `-c COMMAND` is added; no SFTP then.
   */
  readonly loginShell: string;
}

export function sshdConfig(
  directory: string,
  port: number,
  kinds: readonly SshKeyType[],
  { maxStartups, maxSessions, sftp = 'internal-sftp', loginShell }: Partial<SshdSettings>,
  [major, minor]: SshdVersion,
): string {
  const penalties = major > 9 || (major === 9 && minor >= 8);
  return [
    // One socket for all addresses, since sshd listens on 16 at most; but for this machine only.
    'ListenAddress 0.0.0.0',
    `Port ${port}`,
    'AllowUsers *@127.0.0.0/8',
    ...kinds.map((kind) => `HostKey ${join(directory, `host_${kind}`)}`),
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PrintMotd no',
    // bash under sshd reads ~/.bashrc unless it takes itself for a nested shell; whoever runs
    // the tests may have a slow one.
    'SetEnv SHLVL=1',
    'LogLevel INFO',
    ...(sftp === null ? [] : [`Subsystem sftp ${sftp}`]),
    ...(maxStartups === undefined ? [] : [`MaxStartups ${maxStartups}`]),
    ...(maxSessions === undefined ? [] : [`MaxSessions ${maxSessions}`]),
    ...(loginShell === undefined
      ? []
      : [`ForceCommand exec ${loginShell} -c "$SSH_ORIGINAL_COMMAND"`]),
    // A test of wrong keys must not shut out the tests after it.
    ...(penalties ? ['PerSourcePenalties no'] : []),
    '',
  ].join('\n');
}
