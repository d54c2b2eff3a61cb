/** For what tells nobody when it happens: a key that appears, a process that is gone. */
import { delay } from '@muster/runtime';

const LOOK_MS = 25;

/**
 * Looks again and again until `check` gives something other than undefined or false, and gives that.
 * @throws Error that says what was waited for, after `limitMs` (milliseconds, default 10,000).
 */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = 10_000,
): Promise<T> {
  const began = performance.now();
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (performance.now() - began > limitMs) {
      throw new Error(`after ${String(limitMs)}ms there was still not: ${what}`);
    }
    await delay(LOOK_MS);
  }
}
