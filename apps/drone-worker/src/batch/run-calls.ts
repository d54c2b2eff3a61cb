/** Runs the calls of a batch in order, and stops at the first that does not succeed. */
import {
  describeIssues,
  formatDuration,
  oneLine,
  type Call,
  type CallReport,
  type DroneError,
  type Outcome,
} from '@muster/protocol';
import type { Clock, Logger } from '@muster/runtime';
import { CallFailedError, type MethodContext } from '../methods/define-methods.js';
import type { MethodRegistry } from '../methods/registry.js';
import { droneTransport } from '../process/drone-transport.js';
import { ProcessEndedError } from '../process/run-process.js';
import { SessionLostError, type Session } from '../transport/transport.js';
import { stopReason } from './stop-reason.js';

export interface CallsToRun {
  readonly tick: string;
  readonly drone: string;
  readonly calls: readonly Call[];
  readonly deadlineMs: number;
  /** The drone's `workdir`. */
  readonly workdir?: string | undefined;
}

/** What became of the calls. */
export interface CallsRun {
  readonly outcome: Outcome;
  readonly error: DroneError | null;
  /** Of the completed prefix; `null` for a call that returned nothing. */
  readonly results: unknown[];
  readonly calls: CallReport[];
  readonly warnings: string[];
}

export interface RunDependencies {
  readonly methods: MethodRegistry;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How a single call ended when it did not succeed. */
interface Misadventure {
  readonly outcome: Outcome;
  readonly status: CallReport['status'];
  readonly message: string;
  readonly ended?: 'confirmed' | 'unconfirmed' | undefined;
}

/** `signal` is the batch's; its reason is a `StopReason`. */
export async function runCalls(
  batch: CallsToRun,
  session: Session,
  deps: RunDependencies,
  signal: AbortSignal,
): Promise<CallsRun> {
  const results: unknown[] = [];
  const reports: CallReport[] = [];
  const warnings: string[] = [];
  let error: DroneError | null = null;
  let outcome: Outcome = 'ok';
  for (const [index, call] of batch.calls.entries()) {
    if (error !== null) {
      reports.push({
        method: call.method,
        status: outcome === 'cancelled' ? 'cancelled' : 'skipped',
        durationMs: 0,
      });
      continue;
    }
    const began = deps.clock.monotonic();
    const fate = await runCall(batch, index, session, deps, warnings, signal);
    const durationMs = Math.round((deps.clock.monotonic() - began) * 10) / 10;
    if ('result' in fate) {
      results.push(fate.result);
      reports.push({ method: call.method, status: 'ok', durationMs });
      continue;
    }
    outcome = fate.outcome;
    const place = `call ${String(index)}, ${call.method}`;
    error = {
      message: `${place}: ${fate.message}`,
      call: index,
      ...(fate.ended && { ended: fate.ended }),
    };
    reports.push({ method: call.method, status: fate.status, durationMs });
  }
  return { outcome, error, results, calls: reports, warnings };
}

async function runCall(
  { tick, drone, calls, deadlineMs, workdir }: CallsToRun,
  index: number,
  session: Session,
  { methods, log }: RunDependencies,
  warnings: string[],
  signal: AbortSignal,
): Promise<{ result: unknown } | Misadventure> {
  const call = calls[index];
  const method = call && methods.get(call.method);
  // Checked when the batch was admitted; a method cannot go away since.
  if (call === undefined || method === undefined)
    throw new Error(`no method for call ${String(index)}`);
  const args = method.args.safeParse(call.args);
  if (!args.success)
    return { outcome: 'rejected', status: 'failed', message: describeIssues(args.error) };

  const time = new AbortController();
  const timer = setTimeout(() => {
    time.abort();
  }, call.timeoutMs);
  const both = AbortSignal.any([signal, time.signal]);
  const mark = `${tick}/${drone}/${String(index)}`;
  const marks = { MUSTER_TICK: tick, MUSTER_DRONE: drone, MUSTER_MARK: mark };
  const context: MethodContext = {
    drone,
    transport: droneTransport(session, marks, { mark, workdir }, both),
    signal: both,
    log,
    warn: (message) => {
      warnings.push(oneLine(message, 1_000));
    },
  };
  try {
    const result: unknown = await endWith(both, Promise.resolve(method.run(context, args.data)));
    return { result: result ?? null };
  } catch (error) {
    const ended = error instanceof ProcessEndedError ? error.ended : undefined;
    if (both.aborted)
      return interrupted(signal, call.timeoutMs, deadlineMs, ended ?? 'unconfirmed');
    if (error instanceof SessionLostError) {
      return {
        outcome: 'unreachable',
        status: 'unknown',
        message: `connection lost: ${error.message}`,
      };
    }
    if (error instanceof CallFailedError)
      return { outcome: 'call_failed', status: 'failed', message: error.message };
    const message = error instanceof Error ? error.message : String(error);
    return { outcome: 'call_failed', status: 'failed', message: oneLine(message) };
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds that a method has, after its signal, to end by itself and say how. */
const LAST_WORDS_MS = 3_500;

/** The method's own end, or an error when it does not heed its signal: no user's method may hold up a tick. */
async function endWith<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deaf = new Promise<never>((_, reject) => {
    const onAbort = () => {
      timer = setTimeout(() => {
        reject(new Error('the method did not end when it was told to'));
      }, LAST_WORDS_MS);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, deaf]);
  } finally {
    clearTimeout(timer);
  }
}

function interrupted(
  batchSignal: AbortSignal,
  timeoutMs: number,
  deadlineMs: number,
  ended: 'confirmed' | 'unconfirmed',
): Misadventure {
  if (!batchSignal.aborted) {
    const message = `timed out after ${formatDuration(timeoutMs)}`;
    return { outcome: 'call_failed', status: 'timed_out', message, ended };
  }
  const reason = stopReason(batchSignal);
  switch (reason.kind) {
    case 'deadline': {
      const message = `still running at the deadline of ${formatDuration(deadlineMs)}`;
      return { outcome: 'timed_out', status: 'timed_out', message, ended };
    }
    case 'cancelled':
      return {
        outcome: 'cancelled',
        status: 'cancelled',
        message: reason.text || 'the tick was cancelled',
        ended,
      };
    case 'worker-leaves':
      return {
        outcome: 'worker_lost',
        status: 'unknown',
        message: 'its worker was told to leave',
        ended,
      };
  }
}
