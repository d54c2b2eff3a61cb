/** Why drones were bad in a tick that has ended, as far as a list of who is bad now shows it. */
import {
  foldNodeSet,
  groupByReason,
  keys,
  missingByDrone,
  OUTCOME_LETTERS,
  readReportOrRejection,
  type Misfortune,
} from '@muster/protocol';
import type { ReasonGroup } from '@muster/dashboard-pages/views';
import type { RosterEntry, TickFacts, TickStore } from '@muster/tick-state';

/** Of each tick; the rest is for its own page. */
const MOST = { drones: 200, groups: 12, length: 240 };

/** `letters` are those of its drones, in the roster's order. One command, however many drones. */
export async function readReasons(
  { redis, prefix }: TickStore,
  { tick, verdict }: TickFacts,
  roster: readonly RosterEntry[],
  letters: string,
): Promise<ReasonGroup[]> {
  const names = roster
    .filter((_, place) => letters[place] !== OUTCOME_LETTERS.ok)
    .slice(0, MOST.drones)
    .map(({ drone }) => drone);
  if (names.length === 0) return [];
  const reports = await redis.hmget(keys.reports(prefix, tick), ...names);
  const missing = missingByDrone(verdict?.missing ?? []);
  const bad = new Map<string, Misfortune>();
  for (const [index, drone] of names.entries()) {
    const report = reports[index];
    const said =
      typeof report === 'string' ? readReportOrRejection(report, drone) : missing.get(drone);
    if (said !== undefined) bad.set(drone, said);
  }
  return groupByReason(bad)
    .sort((a, b) => b.drones.length - a.drones.length)
    .slice(0, MOST.groups)
    .map(({ drones, outcome, message }) => ({
      drones: foldNodeSet(drones),
      count: drones.length,
      outcome,
      message: message.length > MOST.length ? `${message.slice(0, MOST.length)}…` : message,
    }));
}
