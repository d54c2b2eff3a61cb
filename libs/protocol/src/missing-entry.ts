/** The record's entries of drones that did not report. */
import type { MissingEntry } from './combine.js';
import { expandNodeSet } from './node-set/index.js';
import type { Outcome } from './outcome.js';
import type { DroneEntry } from './record.js';
import type { CallReport } from './report.js';

const NO_TIME = { queuedMs: 0, connectMs: 0, runMs: 0 } as const;

/** The verdict's entries, by drone. */
export function missingByDrone(missing: readonly MissingEntry[]): Map<string, MissingEntry> {
  const byDrone = new Map<string, MissingEntry>();
  for (const entry of missing) {
    for (const drone of expandNodeSet(entry.drones)) byDrone.set(drone, entry);
  }
  return byDrone;
}

/** The entry of a drone that did not report; `methods` are those of its calls. */
export function entryOfMissing(missing: MissingEntry, methods: readonly string[]): DroneEntry {
  const { outcome, error, attempts, worker } = missing;
  const calls = callsNotReported(methods, outcome);
  return { outcome, results: [], warnings: [], error, attempts, worker, calls, timings: NO_TIME };
}

/** The entry of a drone whose tick is still running: it has not reported yet. */
export function entryOfUnreported(methods: readonly string[]): DroneEntry {
  const calls = callsNotReported(methods, 'never_started');
  return {
    outcome: null,
    results: [],
    warnings: [],
    error: null,
    attempts: 0,
    worker: null,
    calls,
    timings: NO_TIME,
  };
}

/** The `calls` of a drone whose worker did not say what became of each. */
export function callsNotReported(methods: readonly string[], outcome: Outcome): CallReport[] {
  const status =
    outcome === 'cancelled' ? 'cancelled' : outcome === 'worker_lost' ? 'unknown' : 'skipped';
  return methods.map((method) => ({ method, status, durationMs: 0 }));
}
