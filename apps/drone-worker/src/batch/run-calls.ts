/** Runs the calls of a batch in order, and stops at the first that does not succeed. */
import type { Call, CallReport, DroneError, Outcome } from '@muster/protocol';
import { endProcess } from '../process/end-process.js';
import { TERM_GRACE_MS } from '../process/start-order.js';
import type { Session } from '../transport/transport.js';
import type { CallJournal } from './call-journal.js';
import { markOf, type CallToRun } from './call-to-run.js';
import { lastWords } from './last-words.js';
import { notBegun } from './misadventure.js';
import { runCall, type CallFate, type RunDependencies } from './run-call.js';

export interface CallsToRun {
  readonly tick: string;
  readonly nonce: string;
  readonly drone: string;
  readonly calls: readonly Call[];
  /** The tick's, in milliseconds. */
  readonly deadlineMs: number;
  /** The drone's `workdir`. */
  readonly workdir?: string | undefined;
  /** The drone's `maxConcurrentCalls`. */
  readonly maxConcurrentCalls?: number | undefined;
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

/**
 * `signal` is the batch's; its reason is a `StopReason`. What the journal has of workers
 * before us is not done again: see `fateOf`. @throws LeaseLostError when the batch is not ours any more.
 */
export async function runCalls(
  batch: CallsToRun,
  session: Session,
  journal: CallJournal,
  deps: RunDependencies,
  signal: AbortSignal,
): Promise<CallsRun> {
  const results: unknown[] = [];
  const reports: CallReport[] = [];
  const warnings: string[] = [];
  let error: DroneError | null = null;
  let outcome: Outcome = 'ok';
  const { tick, nonce, drone, deadlineMs, workdir, maxConcurrentCalls } = batch;
  for (const [index, call] of batch.calls.entries()) {
    const { method } = call;
    if (error !== null) {
      reports.push({
        method,
        status: outcome === 'cancelled' ? 'cancelled' : 'skipped',
        durationMs: 0,
      });
      continue;
    }
    const began = deps.clock.monotonic();
    const previous = index === 0 ? undefined : { index: index - 1, result: results[index - 1] };
    const warn = (message: string) => void warnings.push(message);
    const fate = await fateOf(
      { tick, nonce, drone, index, call, deadlineMs, workdir, maxConcurrentCalls },
      previous,
      session,
      journal,
      deps,
      warn,
      signal,
    );
    const durationMs = Math.round((deps.clock.monotonic() - began) * 10) / 10;
    if ('result' in fate) {
      results.push(fate.result);
      reports.push({ method, status: 'ok', durationMs });
      continue;
    }
    outcome = fate.outcome;
    const message = `call ${String(index)}, ${method}: ${fate.message}`;
    error = { message, call: index, ...(fate.ended && { ended: fate.ended }) };
    reports.push({ method, status: fate.status, durationMs });
  }
  return { outcome, error, results, calls: reports, warnings };
}

/**
 * A call that has ended is not run again. One that has begun under a worker that was lost is
 * ended first; then it is run again, unless it must run only once: its fate is `unknown`.
 */
async function fateOf(
  toRun: CallToRun,
  previous: { index: number; result: unknown } | undefined,
  session: Session,
  journal: CallJournal,
  deps: RunDependencies,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<CallFate> {
  const trace = journal.traces[toRun.index];
  if (trace?.kind === 'ended') return { result: trace.result };
  // A call that changes nothing is not journalled before it begins, and may be running as well.
  const before = toRun.index === 0 ? 'ended' : journal.traces[toRun.index - 1]?.kind;
  if (trace !== undefined && before === 'ended') {
    const ended = await endOfLost(toRun, session, signal);
    if (trace.kind === 'begun' && toRun.call.effect === 'once') {
      const message = 'its worker was lost while it ran; a once call is not run again';
      return { outcome: 'worker_lost', status: 'unknown', message, ended };
    }
  }
  const leave = await deps.slots.enter(toRun.drone, toRun.maxConcurrentCalls, signal);
  try {
    if (!signal.aborted) await journal.begin(toRun.index, toRun.call, previous);
    if (signal.aborted) return notBegun(toRun, signal);
    return await deps.telemetry.call(toRun, (onExit) =>
      runCall(
        onExit === undefined ? toRun : { ...toRun, onExit },
        session,
        journal,
        deps,
        warn,
        signal,
      ),
    );
  } finally {
    leave();
  }
}

/** Ends what the call has left running under a worker that was lost. */
async function endOfLost(
  toRun: CallToRun,
  session: Session,
  signal: AbortSignal,
): Promise<'confirmed' | 'unconfirmed'> {
  const toEnd = { mark: markOf(toRun), graceMs: TERM_GRACE_MS };
  try {
    return (await lastWords(endProcess(session, toEnd), signal)).ended;
  } catch {
    return 'unconfirmed';
  }
}
