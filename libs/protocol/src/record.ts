/** What became of a tick, as the contract has it. */
import type { CallProgress, CallStatus, Outcome } from './outcome.js';
import type { DroneError, Timings } from './report.js';

export type TickStatus = 'ok' | 'failed' | 'cancelled' | 'running';

export interface CallEntry {
  readonly method: string;
  readonly status: CallStatus | CallProgress;
  /** Milliseconds; 0 for a call that did not start, and where nobody said how long it took. */
  readonly durationMs: number;
}

/** A drone's entry in the record. */
export interface DroneEntry {
  /** null only while the tick is running and the drone has not reported. */
  readonly outcome: Outcome | null;
  /** Aligned with the calls; for a bad drone the results of its completed prefix. */
  readonly results: readonly unknown[];
  readonly warnings: readonly string[];
  readonly error: DroneError | null;
  readonly attempts: number;
  /** `host:pid` of the worker that reported or holds the batch, or null. */
  readonly worker: string | null;
  readonly calls: readonly CallEntry[];
  readonly timings: Timings;
}

export interface BadDrone {
  readonly outcome: Outcome;
  readonly message: string;
  readonly call: number | null;
}

export interface Failure {
  /** One line that names every bad drone and its reason. */
  readonly message: string;
  readonly drones: Readonly<Record<string, BadDrone>>;
}

/** Everything of a record but its drones. Times are ISO 8601 or milliseconds. */
export interface RecordHead {
  readonly tick: string;
  readonly lane: string;
  readonly status: TickStatus;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly deadlineMs: number;
  readonly policy: string;
  readonly counts: Partial<Record<Outcome, number>>;
  readonly failure: Failure | null;
}

export interface TickRecord extends RecordHead {
  readonly drones: Readonly<Record<string, DroneEntry>>;
}
