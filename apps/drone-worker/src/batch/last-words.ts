/** How long what was told to end may take to say what became of it. */

/** Milliseconds after the call's own time is up. */
const AFTER_CALL_MS = 3_500;
/** Milliseconds after the batch was told to end: its report must be in before the tick is closed. */
const AFTER_BATCH_MS = 950;

/** The last of that time, in which what has come while this process was busy is read. Milliseconds. */
const READING_MS = 50;

/** What was told to end said nothing in time; it may still be running. */
class NoLastWordsError extends Error {
  override readonly name = 'NoLastWordsError';
}

/**
 * What `work` comes to, or a `NoLastWordsError` when that does not come in time after `batch` (the
 * signal that ends the batch) or `call` (the one that ends the call) is aborted: neither a deaf
 * method nor a slow proof may hold up a tick.
 */
export async function lastWords<T>(
  work: Promise<T>,
  batch: AbortSignal,
  call?: AbortSignal,
): Promise<T> {
  const timers: NodeJS.Timeout[] = [];
  const stopListening: (() => void)[] = [];
  const silence = new Promise<never>((_, reject) => {
    const giveUp = () => {
      reject(new NoLastWordsError('it did not end when it was told to'));
    };
    const bound = (signal: AbortSignal, milliseconds: number) => {
      const start = () => {
        const readOn = () => void timers.push(setTimeout(giveUp, READING_MS));
        timers.push(setTimeout(readOn, milliseconds - READING_MS));
      };
      if (signal.aborted) start();
      else {
        signal.addEventListener('abort', start, { once: true });
        stopListening.push(() => {
          signal.removeEventListener('abort', start);
        });
      }
    };
    bound(batch, AFTER_BATCH_MS);
    if (call !== undefined) bound(call, AFTER_CALL_MS);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, silence]);
  } finally {
    for (const stop of stopListening) stop();
    for (const timer of timers) clearTimeout(timer);
  }
}
