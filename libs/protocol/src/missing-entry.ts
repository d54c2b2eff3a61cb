/** The record's entries of drones that did not report. */
import type { MissingEntry } from './combine.js';
import { expandNodeSet } from './node-set/index.js';
import type { Outcome } from './outcome.js';
import type { CallEntry, DroneEntry } from './record.js';

const NO_TIME = { queuedMs: 0, connectMs: 0, runMs: 0 } as const;

/** The verdict's entries, by drone. */
export function missingByDrone(missing: readonly MissingEntry[]): Map<string, MissingEntry> {
  const byDrone = new Map<string, MissingEntry>();
  for (const entry of missing) {
    for (const drone of expandNodeSet(entry.drones)) byDrone.set(drone, entry);
  }
  return byDrone;
}

/**
 * The entry of a drone that did not report; `methods` are those of its calls, `results` those
 * that the journal has of them.
 */
export function entryOfMissing(
  missing: MissingEntry,
  methods: readonly string[],
  results: readonly unknown[] = [],
): DroneEntry {
  const { outcome, error, attempts, worker } = missing;
  const calls = callsNotReported(methods, outcome, results.length);
  return { outcome, results, warnings: [], error, attempts, worker, calls, timings: NO_TIME };
}

/** Who holds, or held, a batch that has not been reported, and what its journal has. */
export interface BatchProgress {
  readonly worker: string;
  /** False while the batch waits for its next attempt. */
  readonly isHeld: boolean;
  readonly attempts: number;
  readonly results: readonly unknown[];
}

/** The entry of a drone whose tick is still running: it has not reported yet. */
export function entryOfUnreported(
  methods: readonly string[],
  progress: BatchProgress | null,
): DroneEntry {
  const { worker = null, isHeld = false, attempts = 0, results = [] } = progress ?? {};
  const calls = callsFrom(methods, results.length, isHeld ? 'running' : 'waiting');
  return {
    outcome: null,
    results,
    warnings: [],
    error: null,
    attempts,
    worker,
    calls,
    timings: NO_TIME,
  };
}

/** The `calls` of a drone whose worker did not say what became of each; the first `done` are known to be done. */
export function callsNotReported(
  methods: readonly string[],
  outcome: Outcome,
  done = 0,
): CallEntry[] {
  if (outcome === 'cancelled') return callsFrom(methods, done, 'cancelled', 'cancelled');
  return callsFrom(methods, done, outcome === 'worker_lost' ? 'unknown' : 'skipped');
}

/** One after another: behind the `done` ones stands the one that was on, and those behind it have not begun. */
function callsFrom(
  methods: readonly string[],
  done: number,
  on: CallEntry['status'],
  behind: CallEntry['status'] = on === 'running' ? 'waiting' : on === 'unknown' ? 'skipped' : on,
): CallEntry[] {
  return methods.map((method, index) => {
    const status = index < done ? 'ok' : index === done ? on : behind;
    return { method, status, durationMs: 0 };
  });
}
