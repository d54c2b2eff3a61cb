/** The life of a batch on a worker: parse → claim → fetch → carry out (admit → connect → run) → report. */
import { randomUUID } from 'node:crypto';
import { writeReport, type Report } from '@muster/protocol';
import type { Logger } from '@muster/runtime';
import {
  claimBatch,
  placeOfTick,
  releaseBatch,
  reportBatch,
  type Holder,
  type ReportReply,
  type TickStore,
} from '@muster/tick-state';
import { BatchLog } from './batch-log.js';
import type { BatchSource } from './batch-source.js';
import { firstCallOf } from './begin-with-claim.js';
import { BatchTelemetry } from './batch-telemetry.js';
import { LeaseLostError, openJournal } from './call-journal.js';
import {
  carryOut,
  nothingRan,
  type BatchWork,
  type CarriedOut,
  type CarryOutDependencies,
} from './carry-out.js';
import { fetchWork } from './fetch-work.js';
import type { HeldBatches } from './held-batches.js';
import { nextAttempt } from './next-attempt.js';
import { parseOrder } from './parse-order.js';

export interface BatchDependencies extends Omit<CarryOutDependencies, 'telemetry' | 'log'> {
  readonly log: Logger;
  readonly store: TickStore;
  /** `host:pid`. */
  readonly worker: string;
  /** What it holds its batches under, see `leaseName`. */
  readonly lease: string;
  readonly batches: BatchSource;
  readonly held: HeldBatches;
}

/** A job as BullMQ hands it over. */
export interface BatchDelivery {
  readonly data: unknown;
  readonly queue: string;
  /** Milliseconds since 1970, when it was enqueued. */
  readonly enqueuedAt: number;
}

/** What became of a delivery, for logs and for the job. */
export type Executed =
  /** The report is on its way; its reply says no more than what a later look at the tick does. */
  | { readonly kind: 'reported'; readonly report: Report }
  /** To be delivered again, after so many milliseconds. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly why: string }
  /** Not ours to run: late, from an older epoch, reported already, or taken over by another worker. */
  | { readonly kind: 'refused'; readonly why: string };

/** A batch that another living worker holds is looked at again, in case it is lost after all. Milliseconds. */
const HELD_BY_ANOTHER_MS = 1_500;

/**
 * Executes one delivery. What a drone does wrong is a returned report; an exception is a
 * bug or lost infrastructure.
 */
export async function executeBatch(
  delivery: BatchDelivery,
  deps: BatchDependencies,
): Promise<Executed> {
  const deliveredAt = deps.clock.now();
  const { order, skew } = parseOrder(delivery.data);
  const token = randomUUID();
  const { tick, drone, epoch } = order;
  const holder: Holder = { tick, drone, epoch, token };
  const log = new BatchLog(deps.log, order);
  const controller = deps.held.hold(tick);
  let telemetry: BatchTelemetry | undefined;
  try {
    deps.batches.prefetch(order);
    const first = skew === undefined ? await firstCallOf(order, deps) : undefined;
    const askedAt = deps.clock.monotonic();
    const worker = deps.lease;
    const claim = await claimBatch(deps.store, { tick, drone, epoch, token, worker, first });
    if (!claim.ok) {
      if (log.isDetailed) log.logger.debug({ refusal: claim.refusal }, 'batch not taken');
      if (claim.refusal === 'held')
        return { kind: 'again', afterMs: HELD_BY_ANOTHER_MS, why: 'held by another worker' };
      return { kind: 'refused', why: claim.refusal };
    }
    deps.held.endIn(tick, claim.remainingMs);
    const claimedAt = deps.clock.monotonic();
    const queuedMs = Math.max(0, deps.clock.now() - delivery.enqueuedAt);
    telemetry = BatchTelemetry.begin(order, {
      site: deps.droneEntry(drone)?.site,
      attempt: claim.attempt,
      place: placeOfTick(claim.settings),
      deliveredAt,
      worker: deps.worker,
      queued: { queue: delivery.queue, forMs: queuedMs },
    });
    log.ids = telemetry.ids;
    const begunAt = first !== undefined && claim.attempt === 1 ? askedAt : undefined;
    const { attempt, remainingMs: leftMs } = claim;
    const held: HeldBatch = { holder, attempt, controller, begunAt, remainingMs: leftMs };
    const fetched = await fetchWork(order, skew, claim.settings, deps.batches);
    const { run, timings } = fetched.ok
      ? await carryOutHeld(held, fetched.work, deps, log, telemetry)
      : { run: nothingRan([], 'rejected', fetched.message), timings: { connectMs: 0, runMs: 0 } };

    const remainingMs = claim.remainingMs - (deps.clock.monotonic() - claimedAt);
    const calls = fetched.ok ? fetched.work.calls : [];
    const attempts = fetched.ok ? fetched.work.attempts : 1;
    const next = nextAttempt(run, calls, {
      attempt: claim.attempt,
      attempts,
      remainingMs,
      signal: controller.signal,
    });
    const unbegun = begunAt !== undefined && run.calls[0]?.status === 'skipped';
    if (next !== null && (await releaseBatch(deps.store, holder, run, unbegun))) {
      const { outcome, error } = run;
      telemetry.end(outcome, error, true);
      log.logger.info({ outcome, error: error?.message, ...next }, 'batch will be tried again');
      return { kind: 'again', ...next };
    }
    const report: Report = {
      drone,
      outcome: run.outcome,
      error: run.error,
      warnings: run.warnings,
      attempts: claim.attempt,
      worker: deps.worker,
      calls: run.calls,
      timings: { queuedMs, connectMs: timings.connectMs, runMs: timings.runMs },
    };
    const replied = reportBatch(deps.store, {
      tick,
      drone,
      epoch,
      token,
      report: writeReport(report),
      outcome: report.outcome,
      results: JSON.stringify(run.results),
    });
    telemetry.end(report.outcome, report.error);
    // Nobody waits for the reply: the job's end goes out behind the report, in one piece with it.
    void sayDone(log, report, replied);
    return { kind: 'reported', report };
  } catch (error) {
    telemetry?.broke(error);
    if (!(error instanceof LeaseLostError)) throw error;
    log.logger.warn('another worker has taken the batch over');
    return { kind: 'refused', why: 'lease lost' };
  } finally {
    deps.held.letGo(tick, controller);
  }
}

/** A good batch is the rule: thousands a second of them would hide what an operator looks for. */
async function sayDone(
  log: BatchLog,
  report: Report,
  replied: Promise<ReportReply>,
): Promise<void> {
  let reply: ReportReply;
  try {
    reply = await replied;
  } catch (error) {
    log.logger.error({ outcome: report.outcome, err: error }, 'batch could not be reported');
    return;
  }
  const { outcome, error, timings } = report;
  const { queuedMs, connectMs, runMs } = timings;
  if (outcome !== 'ok' || reply !== 'accepted') {
    const about = { outcome, reply, queuedMs, connectMs, runMs, error: error?.message };
    log.logger.info(about, 'batch done');
  } else if (log.isDetailed) {
    log.logger.debug({ outcome, reply, queuedMs, connectMs, runMs }, 'batch done');
  }
}

interface HeldBatch {
  readonly holder: Holder;
  readonly attempt: number;
  readonly controller: AbortController;
  /** When its first call was begun with the claim, by the worker's monotonic clock; see `openJournal`. */
  readonly begunAt: number | undefined;
  /** Milliseconds to the deadline, as the claim said. */
  readonly remainingMs: number;
}

async function carryOutHeld(
  { holder, attempt, controller, begunAt, remainingMs }: HeldBatch,
  work: BatchWork,
  deps: BatchDependencies,
  log: BatchLog,
  telemetry: BatchTelemetry,
): Promise<CarriedOut> {
  const stop = controller.abort.bind(controller);
  const hold = { holder, attempt, begunAt, remainingMs };
  const journal = await openJournal(deps.store, hold, work.calls, stop, deps.clock);
  const { slots, transfers, droneEntry, transportOf, methods, clock } = deps;
  // Spelled out: to copy all of them for each batch costs as much as its report.
  const own = { slots, transfers, droneEntry, transportOf, methods, clock, log, telemetry };
  return carryOut(work, journal, own, controller.signal);
}
