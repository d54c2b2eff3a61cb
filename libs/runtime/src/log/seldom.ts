import { systemClock, type Clock } from '../clock.js';

/** Milliseconds in which the same trouble is said once. */
const EVERY_MS = 10_000;

/**
 * Says the same trouble once in ten seconds: a library that tries to connect anew tells of each attempt, and
 * a hundred such lines hide what an operator looks for.
 */
export function seldom(
  say: (error: Error) => void,
  clock: Pick<Clock, 'monotonic'> = systemClock,
): (error: Error) => void {
  const said = new Map<string, number>();
  return (error) => {
    const now = clock.monotonic();
    const before = said.get(error.message) ?? -Infinity;
    if (now - before < EVERY_MS) return;
    // Messages may have numbers in them.
    if (said.size > 100) said.clear();
    said.set(error.message, now);
    say(error);
  };
}
