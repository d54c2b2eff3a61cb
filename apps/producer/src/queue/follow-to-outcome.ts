/** From a tick that was opened to what its producer gets of it. */
import {
  entryOfUnreported,
  InfrastructureError,
  type DroneEntry,
  type Outcome as DroneOutcome,
  type TickRecord,
} from '@muster/protocol';
import type { TracePlace } from '@muster/runtime';
import { readAhead, type ReadAhead, type TickStore } from '@muster/tick-state';
import type { ClosedTicks } from './closed-ticks.js';
import { collectTick } from './collect-tick.js';
import { followReports } from './follow-reports.js';
import type { PlannedDrone, TickPlan } from './plan-tick.js';
import { followTick, type TickToFollow } from './running-tick.js';
import type { ExecuteOptions } from './task-queue.js';
import { keeping, reporter, type Outcome } from './tick-outcome.js';
import { traceCollect } from './tick-trace.js';

/** How often reports are looked for, in milliseconds: where somebody waits for each, and where not. */
const WATCHED_MS = 50;
const UNWATCHED_MS = 100;

export interface OpenedTick extends TickToFollow {
  /** Redis' clock, milliseconds since 1970. */
  readonly startedAt: number;
  readonly policy: string;
  /** Where it stands in its trace. */
  readonly place: TracePlace | undefined;
}

/** What whoever waits for the tick has to do with its end. */
export interface Waiting {
  readonly onReport?: ExecuteOptions['onReport'] | undefined;
  readonly keepResults?: boolean | undefined;
  /**
   * Frees the lane; given by whoever collects at once. It goes out with the questions for the results, where
   * these are few: nothing can come between them.
   */
  readonly free?: (() => Promise<void>) | undefined;
}

/** Never rejects. Where Redis stays away, the error has a record of what was known before. */
export async function followToOutcome(
  store: TickStore,
  closedTicks: ClosedTicks,
  opened: OpenedTick,
  plan: TickPlan,
  { onReport, keepResults, free }: Waiting,
  signal: AbortSignal,
): Promise<Outcome> {
  const planned = new Map(plan.drones.map((drone) => [drone.drone, drone]));
  const say = reporter(planned, onReport);
  const over = new AbortController();
  const entries = new Map<string, DroneEntry>();
  const keep = keeping(keepResults);
  const watch =
    onReport === undefined
      ? { keep, pollMs: UNWATCHED_MS }
      : { onReport: say, keep, pollMs: WATCHED_MS };
  const reports = followReports(store, opened.tick, planned, entries, watch, over.signal);
  let ahead: ReadAhead | undefined;
  const onClosed = () => {
    ahead = readAhead(
      store,
      opened.tick,
      plan.drones.filter(({ drone }) => !entries.has(drone)),
    );
    // Should it fail, whoever frees the lane later meets that.
    if (ahead !== undefined) free?.().catch(() => undefined);
  };
  try {
    const facts = await followTick(store, closedTicks, opened, onClosed, signal);
    over.abort('over');
    await reports;
    return await traceCollect(opened.place, facts, () =>
      collectTick(store, facts, planned, entries, say, keep, ahead),
    );
  } catch (error) {
    over.abort('over');
    if (!(error instanceof InfrastructureError)) return { kind: 'error', error };
    const known = recordSoFar(opened, planned, entries);
    return {
      kind: 'error',
      error: new InfrastructureError(error.message, { cause: error, known }),
    };
  }
}

/** The record as far as its producer had it: the tick may have gone on. */
function recordSoFar(
  { tick, lane, startedAt, deadlineMs, policy }: OpenedTick,
  planned: ReadonlyMap<string, PlannedDrone>,
  entries: ReadonlyMap<string, DroneEntry>,
): TickRecord {
  const counts: Partial<Record<DroneOutcome, number>> = {};
  for (const { outcome } of entries.values()) {
    if (outcome !== null) counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  const drones: Record<string, DroneEntry> = {};
  for (const [name, { calls }] of planned) {
    const methods = calls.map(({ method }) => method);
    drones[name] = entries.get(name) ?? entryOfUnreported(methods, null);
  }
  return {
    tick,
    lane,
    status: 'running',
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: null,
    durationMs: null,
    deadlineMs,
    policy,
    counts,
    failure: null,
    drones,
  };
}
