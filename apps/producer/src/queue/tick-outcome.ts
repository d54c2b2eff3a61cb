/** What a tick's producer gets: the results, or one error that has everything. */
import {
  describeFailure,
  type BadDrone,
  type DroneEntry,
  type Misfortune,
  type TickRecord,
} from '@muster/protocol';
import type { Drone } from '../drone.js';
import { TickFailedError } from '../tick-failed-error.js';
import type { PlannedDrone } from './plan-tick.js';

export type Outcome =
  | { readonly kind: 'ok'; readonly results: Map<Drone, unknown[]>; readonly record: TickRecord }
  | { readonly kind: 'error'; readonly error: unknown; readonly record?: TickRecord };

/** Whether every drone's job was taken by a worker, as far as the record says. */
export function wasTakenWhole({ record }: Outcome): boolean {
  return (
    record !== undefined && Object.values(record.drones).every(({ worker }) => worker !== null)
  );
}

/** Settles each drone's queue by its entry, and makes the producer's outcome of the record. */
export function outcomeOf(record: TickRecord, planned: ReadonlyMap<string, PlannedDrone>): Outcome {
  const results = new Map<Drone, unknown[]>();
  const bad = new Map<string, Misfortune>();
  for (const [name, entry] of Object.entries(record.drones)) {
    const of = planned.get(name);
    of?.taken.settle(
      entry.calls,
      of.calls.map((call) => call.effect),
    );
    if (entry.outcome === 'ok' && of !== undefined) results.set(of.taken.drone, [...entry.results]);
    else if (entry.outcome !== null) bad.set(name, { outcome: entry.outcome, error: entry.error });
  }
  if (record.status === 'ok') return { kind: 'ok', results, record };
  const failures = new Map<Drone, BadDrone>();
  for (const [name, reason] of Object.entries(describeFailure(bad, results.size).drones)) {
    const drone = planned.get(name)?.taken.drone;
    if (drone !== undefined) failures.set(drone, reason);
  }
  return { kind: 'error', error: new TickFailedError(record, failures, results), record };
}

/** Tells a listener of a drone's report, by the drone itself. */
export function reporter(
  planned: ReadonlyMap<string, PlannedDrone>,
  onReport: ((drone: Drone, entry: DroneEntry) => void) | undefined,
): (drone: string, entry: DroneEntry) => void {
  return (name, entry) => {
    const drone = planned.get(name)?.taken.drone;
    if (drone !== undefined) onReport?.(drone, entry);
  };
}

/** Gives what is kept of an entry until the tick's end, see `ExecuteOptions`. */
export function keeping(results = true): (entry: DroneEntry) => DroneEntry {
  return results ? (entry) => entry : (entry) => ({ ...entry, results: [] });
}
