/** Reads a closed tick's drones, as they stream in, into the producer's outcome. */
import type { DroneEntry } from '@muster/protocol';
import {
  failureOf,
  readEntries,
  recordHead,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';
import type { PlannedDrone } from './plan-tick.js';
import { outcomeOf, type Outcome } from './tick-outcome.js';

export async function collectTick(
  store: TickStore,
  facts: TickFacts,
  planned: ReadonlyMap<string, PlannedDrone>,
  onEntry: (drone: string, entry: DroneEntry) => void,
): Promise<Outcome> {
  const drones: Record<string, DroneEntry> = {};
  for await (const [name, entry] of readEntries(store, facts)) {
    drones[name] = entry;
    onEntry(name, entry);
  }
  const failure = failureOf(facts.verdict, Object.entries(drones));
  return outcomeOf({ ...recordHead(facts, failure), drones }, planned);
}
