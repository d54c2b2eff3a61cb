/** Records without their drones, as lists of ticks have them. */
import {
  keys,
  missingByDrone,
  readReportOrRejection,
  type DroneEntry,
  type RecordHead,
} from '@muster/protocol';
import { readTickRoster, type TickFacts } from './tick-facts.js';
import { failureOf, recordHead } from './tick-record.js';
import type { TickStore } from './store.js';

type Fate = Pick<DroneEntry, 'outcome' | 'error'>;

/** The tick's record without `drones`. Only of a tick that is not ok its drones need be read. */
export async function readRecordHead(store: TickStore, facts: TickFacts): Promise<RecordHead> {
  if ((facts.verdict?.message ?? null) === null) return recordHead(facts, null);
  return recordHead(facts, failureOf(facts.verdict, await readFates(store, facts)));
}

/** What became of each drone of a closed tick, in the roster's order: two commands, whatever its size. */
export async function readFates(
  store: TickStore,
  facts: Pick<TickFacts, 'tick' | 'verdict'>,
): Promise<[string, Fate][]> {
  const [roster, reports] = await Promise.all([
    readTickRoster(store, facts.tick),
    store.redis.hgetall(keys.reports(store.prefix, facts.tick)),
  ]);
  // A drone may be called like what every object has.
  const said = new Map(Object.entries(reports));
  const missing = missingByDrone(facts.verdict?.missing ?? []);
  return roster.map(({ drone }) => {
    const report = said.get(drone);
    const { outcome = null, error = null } =
      (report === undefined ? missing.get(drone) : readReportOrRejection(report, drone)) ?? {};
    return [drone, { outcome, error }];
  });
}
