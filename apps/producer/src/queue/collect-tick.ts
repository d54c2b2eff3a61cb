/** Reads a closed tick's drones, as they stream in, into the producer's outcome. */
import type { DroneEntry } from '@muster/protocol';
import {
  failureOf,
  readEntries,
  recordHead,
  type ReadAhead,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';
import type { PlannedDrone } from './plan-tick.js';
import { outcomeOf, type Outcome } from './tick-outcome.js';

/**
 * `known` are the entries that were read before; `onEntry` is called for each of the others, for which
 * `ahead` may have asked. `keep` gives what is kept of an entry.
 */
export async function collectTick(
  store: TickStore,
  facts: TickFacts,
  planned: ReadonlyMap<string, PlannedDrone>,
  known: ReadonlyMap<string, DroneEntry>,
  onEntry: (drone: string, entry: DroneEntry) => void,
  keep: (entry: DroneEntry) => DroneEntry,
  ahead?: ReadAhead,
): Promise<Outcome> {
  const roster = [...planned.values()];
  const entries = new Map(known);
  const rest = ahead?.roster ?? roster.filter(({ drone }) => !known.has(drone));
  for await (const [name, entry] of readEntries(store, facts, rest, ahead)) {
    if (entries.has(name)) continue;
    entries.set(name, keep(entry));
    onEntry(name, entry);
  }
  const drones: Record<string, DroneEntry> = {};
  for (const { drone } of roster) {
    const entry = entries.get(drone);
    if (entry !== undefined) drones[drone] = entry;
  }
  const failure = failureOf(facts.verdict, Object.entries(drones));
  return outcomeOf({ ...recordHead(facts, failure), drones }, planned);
}
