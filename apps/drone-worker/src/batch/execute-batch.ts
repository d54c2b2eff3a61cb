/** The life of a batch on a worker: parse → claim → admit → connect → run → report. */
import { randomUUID } from 'node:crypto';
import {
  batchName,
  formatDuration,
  readBatchOrder,
  readTickSettings,
  WIRE_VERSION,
  WireError,
  writeReport,
  type BatchOrder,
  type Call,
  type Report,
  type TickSettings,
  type Timings,
} from '@muster/protocol';
import type { DroneEntry } from '@muster/fleet';
import type { Clock, Logger } from '@muster/runtime';
import { claimBatch, reportBatch, type ReportReply, type TickStore } from '@muster/tick-state';
import type { MethodRegistry } from '../methods/registry.js';
import type { Transport } from '../transport/transport.js';
import { admitBatch } from './admit-batch.js';
import type { BatchSource } from './batch-source.js';
import type { HeldBatches } from './held-batches.js';
import { runCalls, type CallsRun } from './run-calls.js';
import { stopReason } from './stop-reason.js';

export interface BatchDependencies {
  readonly store: TickStore;
  /** `host:pid`. */
  readonly worker: string;
  /** The drone as this worker's fleet file has it. */
  readonly droneEntry: (drone: string) => DroneEntry | undefined;
  readonly transportOf: (drone: DroneEntry) => Transport;
  readonly methods: MethodRegistry;
  readonly batches: BatchSource;
  readonly held: HeldBatches;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A job as BullMQ hands it over. */
export interface BatchDelivery {
  readonly data: unknown;
  /** Milliseconds since 1970, when it was enqueued. */
  readonly enqueuedAt: number;
}

/** What became of a delivery, for logs and for the job. */
export type Executed =
  | { readonly kind: 'reported'; readonly report: Report; readonly reply: ReportReply }
  /** Not ours to run: late, from an older epoch, held by another worker, or reported already. */
  | { readonly kind: 'refused'; readonly why: string };

/** A batch that took longer carries a warning (behaviour 36). Milliseconds. */
const LONG_BATCH_MS = 400_000;

/**
 * Executes one delivery. What a drone does wrong is a returned report; an exception is a
 * bug or lost infrastructure.
 */
export async function executeBatch(delivery: BatchDelivery, deps: BatchDependencies): Promise<Executed> {
  const { order, skew } = parse(delivery.data);
  const token = randomUUID();
  const name = batchName(order.lane, order.drone);
  const log = deps.log.child({ tick: order.tick, lane: order.lane, drone: order.drone, batch: name });

  const controller = deps.held.hold(order.tick);
  let deadline: NodeJS.Timeout | undefined;
  try {
    const claim = await claimBatch(deps.store, { ...order, token, worker: deps.worker });
    if (!claim.ok) {
      log.debug({ refusal: claim.refusal }, 'batch not taken');
      return { kind: 'refused', why: claim.refusal };
    }
    deadline = setTimeout(() => {
      controller.abort({ kind: 'deadline' });
    }, Math.max(0, claim.remainingMs));
    const queuedMs = Math.max(0, deps.clock.now() - delivery.enqueuedAt);
    const { run, timings } =
      skew === undefined
        ? await carryOut(order, claim, queuedMs, controller.signal, { ...deps, log })
        : { run: nothingRan([], 'rejected', skew), timings: { queuedMs, connectMs: 0, runMs: 0 } };
    const report: Report = {
      drone: order.drone,
      outcome: run.outcome,
      error: run.error,
      warnings: run.warnings,
      attempts: claim.attempt,
      worker: deps.worker,
      calls: run.calls,
      timings,
    };
    const reply = await reportBatch(deps.store, {
      ...order,
      token,
      report: writeReport(report),
      outcome: report.outcome,
      results: JSON.stringify(run.results),
    });
    log.info({ outcome: report.outcome, reply, ...timings, error: report.error?.message }, 'batch done');
    return { kind: 'reported', report, reply };
  } finally {
    clearTimeout(deadline);
    deps.held.letGo(order.tick, controller);
  }
}

/**
 * Reads the order. One of another version is still answered, as far as it says whom it
 * concerns: its drone is `rejected`, and does not keep the tick waiting.
 * @throws WireError when it does not even say that; the tick says `never_started` of the drone.
 */
function parse(data: unknown): { order: BatchOrder; skew?: string } {
  try {
    return { order: readBatchOrder(data) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const order = readBatchOrder({ batch: 0, summary: '', ...Object(data), v: WIRE_VERSION });
    return { order, skew: error.message };
  }
}

/** admit → connect → run, for a batch that is claimed. */
async function carryOut(
  order: BatchOrder,
  claim: { readonly settings: string; readonly remainingMs: number },
  queuedMs: number,
  signal: AbortSignal,
  deps: BatchDependencies,
): Promise<{ run: CallsRun; timings: Timings }> {
  let calls: readonly Call[];
  let settings: TickSettings;
  try {
    settings = readTickSettings(claim.settings);
    calls = await deps.batches.get(order);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { run: nothingRan([], 'rejected', error.message), timings: { queuedMs, connectMs: 0, runMs: 0 } };
  }
  const drone = deps.droneEntry(order.drone);
  const admission = admitBatch(drone, calls, deps.methods);
  if (!admission.ok || drone === undefined) {
    const message = admission.ok ? '' : admission.message;
    const call = admission.ok ? undefined : admission.call;
    return { run: nothingRan(calls, 'rejected', message, call), timings: { queuedMs, connectMs: 0, runMs: 0 } };
  }

  const begin = deps.clock.monotonic();
  const connected = await deps.transportOf(drone).connect(settings.connectTimeoutMs, signal);
  const connectMs = since(begin, deps.clock);
  if (!connected.ok) {
    const run = signal.aborted
      ? notConnected(calls, signal, settings.deadlineMs)
      : nothingRan(calls, connected.failure.kind, connected.failure.message);
    return { run, timings: { queuedMs, connectMs, runMs: 0 } };
  }
  const start = deps.clock.monotonic();
  try {
    const batch = { ...order, calls, deadlineMs: settings.deadlineMs, workdir: drone.workdir };
    const run = await runCalls(batch, connected.session, deps, signal);
    const runMs = since(start, deps.clock);
    if (runMs > LONG_BATCH_MS) run.warnings.push(`the batch took ${formatDuration(runMs)}: ${order.summary}`);
    return { run, timings: { queuedMs, connectMs, runMs } };
  } finally {
    connected.session.release();
  }
}

/** The batch was told to end before there was a connection. */
function notConnected(calls: readonly Call[], signal: AbortSignal, deadlineMs: number): CallsRun {
  const reason = stopReason(signal);
  switch (reason.kind) {
    case 'deadline':
      return nothingRan(calls, 'unreachable', `no connection before the deadline of ${formatDuration(deadlineMs)}`);
    case 'cancelled':
      return nothingRan(calls, 'cancelled', reason.text || 'the tick was cancelled');
    case 'worker-leaves':
      return nothingRan(calls, 'worker_lost', 'its worker was told to leave');
  }
}

function nothingRan(calls: readonly Call[], outcome: Report['outcome'], message: string, call?: number): CallsRun {
  const status = outcome === 'cancelled' ? 'cancelled' : 'skipped';
  return {
    warnings: [],
    results: [],
    outcome,
    error: { message, ...(call !== undefined && { call }) },
    calls: calls.map(({ method }) => ({ method, status, durationMs: 0 })),
  };
}

function since(start: number, clock: Clock): number {
  return Math.round((clock.monotonic() - start) * 10) / 10;
}
