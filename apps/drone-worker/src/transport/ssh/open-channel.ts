/** Opens a channel of a connection, once the server has room for it. */
import { SessionLostError } from '../shell.js';
import { inWords } from './connect-failure.js';
import type { SshConnection } from './connection.js';

/** SSH_MSG_CHANNEL_OPEN_FAILURE's reason for "I do not know that kind", RFC 4254 section 5.1. */
const UNKNOWN_CHANNEL_TYPE = 3;

/** A kind of channel, and what becomes of it. */
export interface ChannelKind<Channel, Presented> {
  /** `a shell`, for messages. */
  readonly what: string;
  ask(callback: (error: Error | undefined, channel: Channel) => void): void;
  /** Called at once: what the server sends right after is not missed. */
  present(channel: Channel): Presented;
  letGo(channel: Channel): void;
  onceClosed(channel: Channel, closed: () => void): void;
  /** The server has opened a channel, but not for that; gives what the one who asked is told. */
  denied(error: Error): Error;
}

/**
 * Waits for room for as long as it takes or until `signal` aborts. Each question to the server is
 * bounded by `timeoutMs` milliseconds, by a timer that starts before it is asked: on a half-open
 * link no answer ever comes, and the connection is dropped then.
 * Rejects with SessionLostError, or with what `denied` gives.
 */
export async function openChannel<Channel, Presented>(
  connection: SshConnection,
  kind: ChannelKind<Channel, Presented>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Presented> {
  let refusedAloneSince: number | null = null;
  for (let again = false; ; again = true) {
    await connection.slots.enter(signal, again);
    const opened = await tryToOpen(connection, kind, timeoutMs, signal);
    if (opened !== 'refused') return opened.presented;
    // While channels of ours are open, one will close. Without any, nobody can say why there is no room.
    refusedAloneSince =
      connection.slots.inUse > 0 ? null : (refusedAloneSince ?? performance.now());
    if (refusedAloneSince !== null && performance.now() - refusedAloneSince > timeoutMs) {
      throw new SessionLostError(`${connection.where} opens no session for this user`);
    }
  }
}

function tryToOpen<Channel, Presented>(
  connection: SshConnection,
  kind: ChannelKind<Channel, Presented>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ readonly presented: Presented } | 'refused'> {
  const { slots, where } = connection;
  if (connection.loss !== null) return Promise.reject(connection.loss);
  if (signal.aborted) {
    slots.leave();
    return Promise.reject(gaveUp(kind.what, signal));
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
    const fail = (error: Error) => {
      settle(() => {
        reject(error);
      });
    };
    const onAbort = () => {
      fail(gaveUp(kind.what, signal));
    };
    const timer = setTimeout(() => {
      const limit = inWords(timeoutMs);
      connection.drop(new SessionLostError(`${where} did not open ${kind.what} within ${limit}`));
    }, timeoutMs);
    const stopListening = connection.onLoss(fail);
    signal.addEventListener('abort', onAbort, { once: true });

    kind.ask((error, channel) => {
      if (connection.loss !== null) return;
      if (error === undefined) {
        slots.opened();
        kind.onceClosed(channel, () => {
          slots.leave();
        });
        if (waiting) {
          settle(() => {
            resolve({ presented: kind.present(channel) });
          });
        } else kind.letGo(channel);
      } else if (isNoRoom(error)) {
        slots.refused();
        settle(() => {
          resolve('refused');
        });
      } else fail(kind.denied(error));
    });
  });
}

function isNoRoom(error: Error): boolean {
  return (
    'reason' in error && typeof error.reason === 'number' && error.reason !== UNKNOWN_CHANNEL_TYPE
  );
}

function gaveUp(what: string, signal: AbortSignal): SessionLostError {
  return new SessionLostError(`gave up opening ${what}`, { cause: signal.reason });
}
