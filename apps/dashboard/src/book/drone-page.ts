/** What became of one drone in the recent ticks, and what serves it. */
import {
  entryOfMissing,
  keys,
  missingByDrone,
  readReportOrRejection,
  type DroneEntry,
} from '@muster/protocol';
import { queueOf, queuesOf, readEntries, type TickFacts, type TickStore } from '@muster/tick-state';
import type { DroneTick, DroneView } from '@muster/dashboard-pages/views';
import type { RollBook } from './roll-book.js';

export interface DroneHistory extends Omit<DroneView, 'last'> {
  /** The newest of its ticks that has an outcome for it. */
  readonly latest: TickFacts | undefined;
}

/** Undefined for a drone that neither the fleet file nor a recent tick has. */
export async function readDronePage(
  store: TickStore,
  book: RollBook,
  drone: string,
): Promise<DroneView | undefined> {
  const found = await readDroneHistory(store, book, drone);
  if (found === undefined) return undefined;
  const { latest, ...history } = found;
  const entry = latest === undefined ? undefined : await readEntry(store, book, latest, drone);
  const last = latest === undefined || entry === undefined ? null : { tick: latest.tick, entry };
  return { ...history, last };
}

/** Undefined for a drone that neither the fleet file nor a recent tick has. Commands: one a tick. */
export async function readDroneHistory(
  store: TickStore,
  book: RollBook,
  drone: string,
): Promise<DroneHistory | undefined> {
  if (!book.names.includes(drone)) return undefined;
  const standing = book.standing(drone) ?? null;
  const kept = book.ticksOf(drone).map(({ facts }) => facts);
  const reports = await Promise.all(
    kept.map(({ tick }) => store.redis.hget(keys.reports(store.prefix, tick), drone)),
  );
  const ticks = kept.map((facts, index) => tickOf(facts, drone, reports[index] ?? null));
  return {
    drone,
    standing,
    workers:
      standing === null
        ? []
        : book.workers
            .filter((worker) => queuesOf(worker).includes(queueOf(drone, standing)))
            .map(({ id }) => id),
    ticks,
    latest: kept.find((_, index) => ticks[index]?.outcome !== null),
  };
}

/** Its whole entry, with all that its calls printed. */
export async function readEntry(
  store: TickStore,
  book: RollBook,
  facts: TickFacts,
  drone: string,
): Promise<DroneEntry | undefined> {
  const own = book.rosters.get(facts.tick)?.filter((entry) => entry.drone === drone) ?? [];
  for await (const [, entry] of readEntries(store, facts, own)) return entry;
  return undefined;
}

function tickOf(facts: TickFacts, drone: string, report: string | null): DroneTick {
  const { tick, lane } = facts;
  const startedAt = new Date(facts.startedAt).toISOString();
  const missing = report === null ? missingByDrone(facts.verdict?.missing ?? []).get(drone) : null;
  const entry =
    report !== null
      ? readReportOrRejection(report, drone)
      : missing
        ? entryOfMissing(missing, [])
        : undefined;
  return {
    tick,
    lane,
    startedAt,
    outcome: entry?.outcome ?? null,
    error: entry?.error ?? null,
    attempts: entry?.attempts ?? 0,
    worker: entry?.worker ?? null,
    timings: entry?.timings ?? { queuedMs: 0, connectMs: 0, runMs: 0 },
    calls: entry?.calls ?? [],
  };
}
