/** What became of one drone in the recent ticks, and what serves it. */
import { entryOfMissing, keys, missingByDrone, readReportOrRejection } from '@muster/protocol';
import { queueOf, queuesOf, readEntries, type TickFacts, type TickStore } from '@muster/tick-state';
import type { DroneTick, DroneView } from '@muster/dashboard-pages/views';
import type { RollBook } from './roll-book.js';

/** Undefined for a drone that neither the fleet file nor a recent tick has. Commands: one a tick. */
export async function readDronePage(
  store: TickStore,
  book: RollBook,
  drone: string,
): Promise<DroneView | undefined> {
  if (!book.names.includes(drone)) return undefined;
  const standing = book.standing(drone) ?? null;
  const kept = book.ticksOf(drone).map(({ facts }) => facts);
  const reports = await Promise.all(
    kept.map(({ tick }) => store.redis.hget(keys.reports(store.prefix, tick), drone)),
  );
  const ticks = kept.map((facts, index) => tickOf(facts, drone, reports[index] ?? null));
  const latest = kept.find((_, index) => ticks[index]?.outcome !== null);
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
    last: latest === undefined ? null : await readLast(store, book, latest, drone),
  };
}

async function readLast(
  store: TickStore,
  book: RollBook,
  facts: TickFacts,
  drone: string,
): Promise<DroneView['last']> {
  const own = book.rosters.get(facts.tick)?.filter((entry) => entry.drone === drone) ?? [];
  for await (const [, entry] of readEntries(store, facts, own)) return { tick: facts.tick, entry };
  return null;
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
