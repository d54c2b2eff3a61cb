/** Opens a shell on a channel of its own, and presents it as the transport's `Shell`. */
import type { ClientChannel } from 'ssh2';
import { SessionLostError, type Shell, type ShellExit } from '../transport.js';
import { inWords } from './connect-failure.js';
import type { SshConnection } from './connection.js';

/** SSH_MSG_CHANNEL_OPEN_FAILURE's reason for "I do not know that kind", RFC 4254 section 5.1. */
const UNKNOWN_CHANNEL_TYPE = 3;

/**
 * Runs `/bin/sh -c script` under the user's login shell, whose only part is to `exec` it.
 *
 * Waits for room for as long as it takes or until `signal` aborts. Each question to the server is
 * bounded by `timeoutMs` milliseconds, by a timer that starts before it is asked: on a half-open
 * link no answer ever comes, and the connection is dropped then.
 * Rejects with SessionLostError.
 */
export async function openShellChannel(
  connection: SshConnection,
  script: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Shell> {
  const command = shellCommand(script);
  let refusedAloneSince: number | null = null;
  for (let again = false; ; again = true) {
    await connection.slots.enter(signal, again);
    const shell = await openChannel(connection, command, timeoutMs, signal);
    if (shell !== 'refused') return shell;
    // While channels of ours are open, one will close. Without any, nobody can say why there is no room.
    refusedAloneSince =
      connection.slots.inUse > 0 ? null : (refusedAloneSince ?? performance.now());
    if (refusedAloneSince !== null && performance.now() - refusedAloneSince > timeoutMs) {
      throw new SessionLostError(`${connection.where} opens no session for this user`);
    }
  }
}

/** Constant text only, so that nothing ever needs quoting: asserted, not escaped. */
function shellCommand(script: string): string {
  if (/['\0]/.test(script)) throw new TypeError('a boot script must not contain a single quote');
  return `exec /bin/sh -c '${script}'`;
}

/** The presentation begins in ssh2's callback: what the server sends right after is not missed. */
function openChannel(
  connection: SshConnection,
  command: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Shell | 'refused'> {
  const { slots, where } = connection;
  if (connection.loss !== null) return Promise.reject(connection.loss);
  if (signal.aborted) {
    slots.leave();
    return Promise.reject(gaveUp(signal));
  }
  return new Promise((resolve, reject) => {
    let waiting = true;
    const settle = (act: () => void) => {
      if (!waiting) return;
      waiting = false;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      stopListening();
      act();
    };
    const fail = (error: SessionLostError) => {
      settle(() => {
        reject(error);
      });
    };
    const onAbort = () => {
      fail(gaveUp(signal));
    };
    const timer = setTimeout(() => {
      const limit = inWords(timeoutMs);
      connection.drop(new SessionLostError(`${where} did not open a shell within ${limit}`));
    }, timeoutMs);
    const stopListening = connection.onLoss(fail);
    signal.addEventListener('abort', onAbort, { once: true });

    connection.exec(command, (error, channel) => {
      if (connection.loss !== null) return;
      if (error === undefined) {
        slots.opened();
        channel.once('close', () => {
          slots.leave();
        });
        if (waiting) {
          settle(() => {
            resolve(presentShell(connection, channel));
          });
        } else letGo(channel);
      } else if (isNoRoom(error)) {
        slots.refused();
        settle(() => {
          resolve('refused');
        });
      } else {
        // ssh2 leaves the channel of a refused request open, and out of reach.
        connection.drop(new SessionLostError(`${where} starts no shell: ${error.message}`));
      }
    });
  });
}

function isNoRoom(error: Error): boolean {
  return (
    'reason' in error && typeof error.reason === 'number' && error.reason !== UNKNOWN_CHANNEL_TYPE
  );
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

function gaveUp(signal: AbortSignal): SessionLostError {
  return new SessionLostError('gave up opening a shell', { cause: signal.reason });
}
