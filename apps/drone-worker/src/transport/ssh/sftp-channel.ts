/** Opens SFTP on a channel of its own, and presents it as the drone's files. */
import type { SFTPWrapper } from 'ssh2';
import type { SshConnection } from './connection.js';
import { openChannel } from './open-channel.js';
import { SftpFiles } from './sftp-files.js';

/**
 * `timeoutMs` (milliseconds) bounds each question to the server, see `openChannel`. Rejects with
 * SessionLostError, or with an Error that says that the server offers no SFTP.
 */
export async function openSftpChannel(
  connection: SshConnection,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<SftpFiles> {
  if (connection.sftpDenial !== null) throw connection.sftpDenial;
  const sftp = {
    what: 'SFTP',
    ask: (callback: (error: Error | undefined, channel: SFTPWrapper) => void) => {
      connection.sftp(callback);
    },
    present: (channel: SFTPWrapper) => new SftpFiles(connection, channel),
    letGo: (channel: SFTPWrapper) => {
      channel.on('error', () => undefined);
      channel.end();
    },
    onceClosed: (channel: SFTPWrapper, closed: () => void) => {
      channel.once('close', closed);
    },
    denied: () => {
      // ssh2 leaves the channel open and out of reach: it is not asked for a second one.
      const denial = new Error(`the SSH server at ${connection.where} offers no SFTP`);
      connection.sftpDenial = denial;
      return denial;
    },
  };
  return openChannel(connection, sftp, timeoutMs, signal);
}
