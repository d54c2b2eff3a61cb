/** What a worker says became of one batch. Results travel beside it, since they may be large. */
import { z } from 'zod';
import { describeIssues } from './describe-issues.js';
import { CALL_STATUSES, OUTCOMES, type CallStatus, type Outcome } from './outcome.js';
import { checkWireVersion, parseWireJson, WIRE_VERSION, WireError } from './wire-version.js';

export interface CallReport {
  readonly method: string;
  readonly status: CallStatus;
  /** Milliseconds; 0 for a call that did not start. */
  readonly durationMs: number;
}

export interface DroneError {
  /** One line that a person can act on. */
  readonly message: string;
  /** Index of the call that failed, when one did. */
  readonly call?: number | undefined;
  /** Whether the call that was running is known to be ended. */
  readonly ended?: 'confirmed' | 'unconfirmed' | undefined;
}

/** Milliseconds spent in each stage of a batch. */
export interface Timings {
  readonly queuedMs: number;
  readonly connectMs: number;
  readonly runMs: number;
}

export interface Report {
  readonly drone: string;
  readonly outcome: Outcome;
  readonly error: DroneError | null;
  readonly warnings: readonly string[];
  readonly attempts: number;
  readonly worker: string | null;
  readonly calls: readonly CallReport[];
  readonly timings: Timings;
}

const milliseconds = z.number().min(0);

const schema = z.object({
  v: z.literal(WIRE_VERSION),
  drone: z.string(),
  outcome: z.enum(OUTCOMES),
  error: z
    .object({
      message: z.string(),
      call: z.number().int().min(0).optional(),
      ended: z.enum(['confirmed', 'unconfirmed']).optional(),
    })
    .nullable(),
  warnings: z.array(z.string()),
  attempts: z.number().int().min(0),
  worker: z.string().nullable(),
  calls: z.array(
    z.object({ method: z.string(), status: z.enum(CALL_STATUSES), durationMs: milliseconds }),
  ),
  timings: z.object({ queuedMs: milliseconds, connectMs: milliseconds, runMs: milliseconds }),
});

export function writeReport(report: Report): string {
  return JSON.stringify({ v: WIRE_VERSION, ...report });
}

/** @throws WireError for version skew and for anything that is no report. */
export function readReport(json: string): Report {
  const data = parseWireJson(json, 'a report');
  checkWireVersion(data, 'report');
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new WireError(`not a report: ${describeIssues(parsed.error)}`);
  const { v: _version, ...report } = parsed.data;
  return report;
}

/**
 * As `readReport`, for those who must go on: a report that cannot be read, such as one of
 * another version, is a `rejected` one that says why. It costs its own drone, not the tick.
 */
export function readReportOrRejection(json: string, drone: string): Report {
  try {
    return readReport(json);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return {
      drone,
      outcome: 'rejected',
      error: { message: error.message },
      warnings: [],
      attempts: 1,
      worker: null,
      calls: [],
      timings: { queuedMs: 0, connectMs: 0, runMs: 0 },
    };
  }
}
