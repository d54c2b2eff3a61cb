/** Whether a batch is tried again, and when. Only what is safe to repeat is (behaviour 43). */
import type { Call } from '@muster/protocol';
import type { CallsRun } from './run-calls.js';
import { stopReason } from './stop-reason.js';

export interface AttemptFacts {
  /** 1 for the first. */
  readonly attempt: number;
  /** How often it may be tried. */
  readonly attempts: number;
  /** Milliseconds to the deadline. */
  readonly remainingMs: number;
  readonly signal: AbortSignal;
}

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * The next attempt, or null. `unreachable` is tried again as long as no call has begun and
 * attempts are left: after an exponential backoff with jitter, within the deadline. A worker
 * that leaves gives back what another can go on with: what began and may only run once stays.
 */
export function nextAttempt(
  run: Pick<CallsRun, 'outcome' | 'calls'>,
  calls: readonly Call[],
  { attempt, attempts, remainingMs, signal }: AttemptFacts,
  random: () => number = Math.random,
): { afterMs: number; why: string } | null {
  if (signal.aborted) {
    const leaves = stopReason(signal).kind === 'worker-leaves';
    return leaves && run.outcome === 'worker_lost' && canGoOn(run, calls)
      ? { afterMs: 0, why: 'the worker leaves' }
      : null;
  }
  const begun = run.calls.some(({ status }) => status !== 'skipped');
  if (run.outcome !== 'unreachable' || begun || attempt >= attempts) return null;
  const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), LONGEST_BACKOFF_MS);
  const afterMs = Math.round(backoff * (0.5 + random()));
  return afterMs < remainingMs ? { afterMs, why: run.outcome } : null;
}

function canGoOn({ calls: reports }: Pick<CallsRun, 'calls'>, calls: readonly Call[]): boolean {
  return !reports.some(
    ({ status }, index) => status === 'unknown' && calls[index]?.effect === 'once',
  );
}
