/** For what tells nobody when it happens: a key that appears, a process that is gone. */
import { delay } from '@muster/runtime';

const FIRST_LOOK_MS = 20;
const LONGEST_LOOK_MS = 250;

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
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 1.4, LONGEST_LOOK_MS)) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (performance.now() - began > limitMs) {
      throw new Error(`after ${String(limitMs)}ms there was still not: ${what}`);
    }
    await delay(pauseMs);
  }
}
