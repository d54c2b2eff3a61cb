/** Runs one call on a drone: within its own time, until the batch must end. */
import { describeIssues, oneLine } from '@muster/protocol';
import type { Clock } from '@muster/runtime';
import {
  CallFailedError,
  type DroneTransport,
  type MethodContext,
} from '../methods/define-methods.js';
import type { MethodRegistry } from '../methods/registry.js';
import { droneTransport } from '../process/drone-transport.js';
import type { TransferSlots } from '../transfer/transfer-slots.js';
import type { Session } from '../transport/transport.js';
import type { BatchLog } from './batch-log.js';
import type { BatchTelemetry } from './batch-telemetry.js';
import { LeaseLostError, type CallJournal } from './call-journal.js';
import type { CallSlots } from './call-slots.js';
import { markOf, type CallToRun } from './call-to-run.js';
import { lastWords } from './last-words.js';
import { misadventure, type Misadventure } from './misadventure.js';

export interface RunDependencies {
  readonly slots: CallSlots;
  readonly transfers: TransferSlots;
  readonly methods: MethodRegistry;
  readonly clock: Clock;
  readonly log: BatchLog;
  readonly telemetry: BatchTelemetry;
}

export type CallFate = { readonly result: unknown } | Misadventure;

/** `signal` is the batch's; its reason is a `StopReason`. @throws LeaseLostError when the batch is not ours any more. */
export async function runCall(
  toRun: CallToRun,
  session: Session,
  journal: CallJournal,
  { methods, transfers, log }: RunDependencies,
  warn: (message: string) => void,
  signal: AbortSignal,
): Promise<CallFate> {
  const { tick, drone, call, workdir } = toRun;
  const method = methods.get(call.method);
  // Checked when the batch was admitted; a method cannot go away since.
  if (method === undefined) throw new Error(`no method ${call.method}`);
  const args = method.args.safeParse(call.args);
  if (!args.success)
    return { outcome: 'rejected', status: 'failed', message: describeIssues(args.error) };

  const mark = markOf(toRun);
  const marks = { MUSTER_TICK: tick, MUSTER_DRONE: drone, MUSTER_MARK: mark };
  const place = { mark, workdir, confirm: () => journal.confirm(), onExit: toRun.onExit };
  let transport: DroneTransport | undefined;
  let end: CallEnd | undefined;
  // What a method does not ask for is not made: a signal costs as much as a call that does little.
  const ending = () => (end ??= callEnd(call.timeoutMs, signal)).signal;
  const context: MethodContext = {
    drone,
    get transport() {
      transport ??= droneTransport(session, marks, place, transfers, ending());
      return transport;
    },
    get signal() {
      return ending();
    },
    get log() {
      return log.logger;
    },
    warn: (message) => {
      warn(oneLine(message, 1_000));
    },
  };
  try {
    const running = method.run(context, args.data);
    // What is done already has had its last word.
    if (!isThenable(running)) return { result: sendable(running) };
    const result: unknown = await lastWords(Promise.resolve(running), signal, ending());
    return { result: sendable(result) };
  } catch (error) {
    if (error instanceof LeaseLostError) throw error;
    return misadventure(error, toRun, end?.signal.aborted === true, signal);
  } finally {
    end?.forget();
  }
}

/** What ends a call: its own time, or the end of its batch. */
interface CallEnd {
  readonly signal: AbortSignal;
  forget(): void;
}

function callEnd(timeoutMs: number, batch: AbortSignal): CallEnd {
  const controller = new AbortController();
  const end = () => {
    controller.abort();
  };
  batch.addEventListener('abort', end, { once: true });
  if (batch.aborted) end();
  const timer = setTimeout(end, timeoutMs);
  const forget = () => {
    clearTimeout(timer);
    batch.removeEventListener('abort', end);
  };
  return { signal: controller.signal, forget };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/** Results travel as JSON; nothing stands as null (behaviour 3). @throws CallFailedError for what cannot travel. */
function sendable(result: unknown): unknown {
  try {
    return result === undefined ? null : (JSON.parse(JSON.stringify(result)) as unknown);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CallFailedError(`its result cannot be sent: ${oneLine(why)}`);
  }
}
