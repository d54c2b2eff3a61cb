/** The life of a batch on a worker: parse → claim → admit → connect → run → report. */
import { randomUUID } from 'node:crypto';
import {
  batchName,
  readBatchOrder,
  readTickSettings,
  WIRE_VERSION,
  WireError,
  writeReport,
  type BatchOrder,
  type Report,
} from '@muster/protocol';
import { claimBatch, reportBatch, type ReportReply, type TickStore } from '@muster/tick-state';
import type { BatchSource } from './batch-source.js';
import {
  carryOut,
  nothingRan,
  type BatchWork,
  type CarriedOut,
  type CarryOutDependencies,
} from './carry-out.js';
import type { HeldBatches } from './held-batches.js';

export interface BatchDependencies extends CarryOutDependencies {
  readonly store: TickStore;
  /** `host:pid`. */
  readonly worker: string;
  readonly batches: BatchSource;
  readonly held: HeldBatches;
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

/**
 * Executes one delivery. What a drone does wrong is a returned report; an exception is a
 * bug or lost infrastructure.
 */
export async function executeBatch(
  delivery: BatchDelivery,
  deps: BatchDependencies,
): Promise<Executed> {
  const { order, skew } = parse(delivery.data);
  const token = randomUUID();
  const name = batchName(order.lane, order.drone);
  const log = deps.log.child({
    tick: order.tick,
    lane: order.lane,
    drone: order.drone,
    batch: name,
  });

  const controller = deps.held.hold(order.tick);
  let deadline: NodeJS.Timeout | undefined;
  try {
    const claim = await claimBatch(deps.store, { ...order, token, worker: deps.worker });
    if (!claim.ok) {
      log.debug({ refusal: claim.refusal }, 'batch not taken');
      return { kind: 'refused', why: claim.refusal };
    }
    deadline = setTimeout(
      () => {
        controller.abort({ kind: 'deadline' });
      },
      Math.max(0, claim.remainingMs),
    );
    const queuedMs = Math.max(0, deps.clock.now() - delivery.enqueuedAt);
    const { run, timings } = await carryOutOrder(
      order,
      skew,
      claim.settings,
      { ...deps, log },
      controller.signal,
    );
    const report: Report = {
      drone: order.drone,
      outcome: run.outcome,
      error: run.error,
      warnings: run.warnings,
      attempts: claim.attempt,
      worker: deps.worker,
      calls: run.calls,
      timings: { queuedMs, ...timings },
    };
    const reply = await reportBatch(deps.store, {
      ...order,
      token,
      report: writeReport(report),
      outcome: report.outcome,
      results: JSON.stringify(run.results),
    });
    log.info(
      { outcome: report.outcome, reply, ...report.timings, error: report.error?.message },
      'batch done',
    );
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

/** The tick's settings and the batch's calls, or why they cannot be read. */
async function fetchWork(
  order: BatchOrder,
  settings: string,
  batches: BatchSource,
): Promise<{ ok: true; work: BatchWork } | { ok: false; message: string }> {
  try {
    const { deadlineMs, connectTimeoutMs } = readTickSettings(settings);
    return {
      ok: true,
      work: { ...order, calls: await batches.get(order), deadlineMs, connectTimeoutMs },
    };
  } catch (error) {
    if (error instanceof WireError) return { ok: false, message: error.message };
    throw error;
  }
}

async function carryOutOrder(
  order: BatchOrder,
  skew: string | undefined,
  settings: string,
  deps: BatchDependencies,
  signal: AbortSignal,
): Promise<CarriedOut> {
  const fetched =
    skew === undefined
      ? await fetchWork(order, settings, deps.batches)
      : { ok: false as const, message: skew };
  if (fetched.ok) return carryOut(fetched.work, deps, signal);
  return { run: nothingRan([], 'rejected', fetched.message), timings: { connectMs: 0, runMs: 0 } };
}
