/** What became of each drone of a tick, one letter each, in the roster's order. */
import { keys, OUTCOME_LETTERS, readReportOrRejection } from '@muster/protocol';
import { readFates, type RosterEntry, type TickFacts, type TickStore } from '@muster/tick-state';

/** A drone that has not reported. */
export const OPEN = '-';

/** The letters of a tick that runs, and how many of its reports they are from. */
export interface OpenLetters {
  readonly letters: string[];
  readonly arrived: number;
}

/** Of a closed tick: its verdict has them, unless it is older than they are. */
export async function lettersOfClosed(store: TickStore, facts: TickFacts): Promise<string> {
  const said = facts.verdict?.outcomes;
  if (said !== undefined) return said;
  const fates = await readFates(store, facts);
  return fates.map(([, { outcome }]) => (outcome ? OUTCOME_LETTERS[outcome] : OPEN)).join('');
}

/** Adds what has arrived since: two commands, however much it is. */
export async function addArrivals(
  store: TickStore,
  tick: string,
  roster: readonly RosterEntry[],
  before: OpenLetters | undefined,
): Promise<OpenLetters> {
  const { redis, prefix } = store;
  const letters = before?.letters ?? roster.map(() => OPEN);
  const from = before?.arrived ?? 0;
  const drones = await redis.lrange(keys.arrivals(prefix, tick), from, -1);
  if (drones.length === 0) return { letters, arrived: from };
  const reports = await redis.hmget(keys.reports(prefix, tick), ...drones);
  const places = placesOf(roster);
  for (const [index, drone] of drones.entries()) {
    const report = reports[index];
    const place = places.get(drone);
    if (typeof report !== 'string' || place === undefined) continue;
    letters[place] = OUTCOME_LETTERS[readReportOrRejection(report, drone).outcome];
  }
  return { letters, arrived: from + drones.length };
}

const known = new WeakMap<readonly RosterEntry[], ReadonlyMap<string, number>>();

/** Where each drone stands in a roster. */
export function placesOf(roster: readonly RosterEntry[]): ReadonlyMap<string, number> {
  let places = known.get(roster);
  if (places === undefined) {
    places = new Map(roster.map(({ drone }, index) => [drone, index]));
    known.set(roster, places);
  }
  return places;
}
