/** How a call ended that did not succeed, and what is said of it. */
import {
  formatDuration,
  oneLine,
  type Call,
  type CallReport,
  type Outcome,
} from '@muster/protocol';
import { CallFailedError } from '../methods/define-methods.js';
import { OrderTooOldError, ProcessEndedError, ProcessLostError } from '../process/run-process.js';
import { SessionLostError } from '../transport/shell.js';
import type { CallToRun } from './call-to-run.js';
import { stopReason } from './stop-reason.js';

export interface Misadventure {
  readonly outcome: Outcome;
  readonly status: CallReport['status'];
  readonly message: string;
  readonly ended?: 'confirmed' | 'unconfirmed' | undefined;
}

/** `signal` is the batch's; `wasEnded` when we ended the call ourselves. */
export function misadventure(
  error: unknown,
  toRun: CallToRun,
  wasEnded: boolean,
  signal: AbortSignal,
): Misadventure {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (error instanceof OrderTooOldError) {
    if (signal.aborted) return notBegun(toRun, signal);
    return {
      outcome: 'worker_lost',
      status: 'skipped',
      message: 'its worker was away when it should have started',
      ended: 'confirmed',
    };
  }
  if (wasEnded) {
    const ended = error instanceof ProcessEndedError ? error.ended : 'unconfirmed';
    return signal.aborted ? interrupted(toRun, signal, ended) : timedOut(toRun.call, ended);
  }
  if (error instanceof ProcessLostError || error instanceof SessionLostError) {
    const ended = error instanceof ProcessLostError ? error.ended : 'confirmed';
    const lost = `connection lost: ${message}`;
    return { outcome: 'unreachable', status: 'unknown', message: lost, ended };
  }
  if (error instanceof CallFailedError)
    return { outcome: 'call_failed', status: 'failed', message: error.message };
  return { outcome: 'call_failed', status: 'failed', message };
}

function timedOut({ timeoutMs }: Call, ended: 'confirmed' | 'unconfirmed'): Misadventure {
  const message = `timed out after ${formatDuration(timeoutMs)}`;
  return { outcome: 'call_failed', status: 'timed_out', message, ended };
}

/** The batch was told to end while the call ran. */
function interrupted(
  { deadlineMs }: CallToRun,
  signal: AbortSignal,
  ended: 'confirmed' | 'unconfirmed',
): Misadventure {
  const reason = stopReason(signal);
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

/** The batch was told to end before this call began. */
export function notBegun(
  { deadlineMs }: Pick<CallToRun, 'deadlineMs'>,
  signal: AbortSignal,
): Misadventure {
  const reason = stopReason(signal);
  switch (reason.kind) {
    case 'deadline': {
      const message = `not begun by the deadline of ${formatDuration(deadlineMs)}`;
      return { outcome: 'timed_out', status: 'skipped', message, ended: 'confirmed' };
    }
    case 'cancelled':
      return {
        outcome: 'cancelled',
        status: 'cancelled',
        message: reason.text || 'the tick was cancelled',
        ended: 'confirmed',
      };
    case 'worker-leaves':
      return {
        outcome: 'worker_lost',
        status: 'skipped',
        message: 'its worker was told to leave',
        ended: 'confirmed',
      };
  }
}
