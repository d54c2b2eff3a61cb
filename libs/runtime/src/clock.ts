/** Time as the code asks for it, so that a test can be the clock. */
export interface Clock {
  /** Milliseconds since 1970, for people and records. */
  now(): number;
  /** Milliseconds since some point, never going back, for durations. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Resolves after `milliseconds`, or as soon as `signal` is aborted; true when the time has passed. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve(false);
      return;
    }
    const done = (passed: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(passed);
    };
    const onAbort = () => {
      done(false);
    };
    const timer = setTimeout(done, milliseconds, true);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
