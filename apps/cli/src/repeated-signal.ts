/**
 * npm passes a Ctrl-C on to us that the terminal has sent us as well. One that follows the
 * first so closely is the same one.
 */
const SAME_SIGNAL_MS = 300;

/** Tells whether a signal is one that was heard already; asked once for each that comes. */
export function signalFilter(now: () => number = () => performance.now()): () => boolean {
  let last = -Infinity;
  return () => {
    const repeated = now() - last < SAME_SIGNAL_MS;
    if (!repeated) last = now();
    return repeated;
  };
}
