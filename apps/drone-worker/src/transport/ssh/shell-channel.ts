/** Opens a shell on a channel of its own, and presents it as the transport's `Shell`. */
import type { ClientChannel } from 'ssh2';
import { SessionLostError, type Shell, type ShellExit } from '../shell.js';
import type { SshConnection } from './connection.js';
import { openChannel } from './open-channel.js';

/**
 * Runs `/bin/sh -c script` under the user's login shell, whose only part is to `exec` it.
 * `timeoutMs` (milliseconds) bounds each question to the server, see `openChannel`.
 * Rejects with SessionLostError.
 */
export async function openShellChannel(
  connection: SshConnection,
  script: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Shell> {
  const command = shellCommand(script);
  let denials = 0;
  const shell = {
    what: 'a shell',
    ask: (callback: (error: Error | undefined, channel: ClientChannel) => void) => {
      connection.exec(command, callback);
    },
    present: (channel: ClientChannel) => presentShell(connection, channel),
    letGo,
    onceClosed: (channel: ClientChannel, closed: () => void) => {
      channel.once('close', closed);
    },
    denied: ({ message }: Error) => {
      const lost = new SessionLostError(`${connection.where} starts no shell: ${message}`);
      denials += 1;
      if (denials > 1) {
        // ssh2 leaves the channel of a refused request open, and out of reach.
        connection.drop(lost);
      } else connection.slots.leave();
      return lost;
    },
  };
  try {
    return await openChannel(connection, shell, timeoutMs, signal);
  } catch (error) {
    // dropbear now and then closes a new channel in place of an answer. Nothing has been ordered yet.
    if (denials === 0 || connection.loss !== null || signal.aborted) throw error;
    return openChannel(connection, shell, timeoutMs, signal);
  }
}

/** Constant text only, so that nothing ever needs quoting: asserted, not escaped. */
function shellCommand(script: string): string {
  if (/['\0]/.test(script)) throw new TypeError('a boot script must not contain a single quote');
  return `exec /bin/sh -c '${script}'`;
}

function presentShell(connection: SshConnection, channel: ClientChannel): Shell {
  const exited = new Promise<ShellExit>((resolve, reject) => {
    channel.once('exit', (exitCode: number | null, signal?: string) => {
      stopListening();
      resolve({ exitCode, signal: signal ?? null });
    });
    channel.once('close', () => {
      stopListening();
      reject(new SessionLostError(`a shell at ${connection.where} ended without an exit status`));
    });
    const stopListening = connection.onLoss(reject);
  });
  exited.catch(() => undefined);
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    exited,
    close: () => {
      letGo(channel);
    },
  };
}

/** What is still in the streams is read off: a channel counts as closed only once it is empty. */
function letGo(channel: ClientChannel): void {
  channel.close();
  channel.resume();
  channel.stderr.resume();
}
