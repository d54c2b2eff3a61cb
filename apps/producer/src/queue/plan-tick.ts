/** Checks everything that can be checked before anything is enqueued, and lays the tick out. Pure. */
import {
  admitCalls,
  checkBatchSize,
  DuplicateDroneError,
  InvalidInputError,
  droneQueue,
  isName,
  siteQueue,
  summarizeMethods,
  type Call,
  type KnownMethods,
} from '@muster/protocol';
import type { Fleet } from '@muster/fleet';
import type { RosterEntry } from '@muster/tick-state';
import type { Drone, TakenCalls } from '../drone.js';

export interface PlannedDrone extends RosterEntry {
  readonly taken: TakenCalls;
  readonly calls: readonly Call[];
}

export interface TickPlan {
  readonly drones: readonly PlannedDrone[];
  /** The distinct batches, as JSON; each drone names its own by index. */
  readonly batches: readonly string[];
  /** A line for each batch: its methods. */
  readonly summaries: readonly string[];
}

/**
 * Drones without calls are not part of the tick (behaviour 1).
 * @throws DuplicateDroneError, InvalidInputError (a drone that the fleet does not have, calls that do not fit).
 */
export function planTick(
  takenCalls: readonly TakenCalls[],
  fleet: Fleet,
  methods: KnownMethods,
): TickPlan {
  refuseDuplicates(takenCalls.map(({ drone }) => drone));
  const batches = new Map<string, { index: number; calls: readonly Call[] }>();
  const summaries: string[] = [];
  // Most ticks give the same calls to all: what was checked once need not be checked again.
  const admitted = new Map<string, { index: number; calls: readonly Call[] }>();
  const planned: PlannedDrone[] = [];
  for (const taken of takenCalls) {
    const { drone } = taken;
    if (taken.calls.length === 0) continue;
    const key = JSON.stringify(taken.calls);
    let batch = admitted.get(key);
    if (batch === undefined) {
      const calls = admitCalls(
        taken.calls,
        methods,
        (index) => `${drone.hostname}: call ${String(index)}`,
      );
      const json = JSON.stringify(calls);
      checkBatchSize(json, drone.hostname);
      batch = batches.get(json) ?? { index: batches.size, calls };
      batches.set(json, batch);
      admitted.set(key, batch);
      summaries[batch.index] = summarizeMethods(calls.map((call) => call.method));
    }
    planned.push({
      drone: drone.hostname,
      queue: queueFor(drone, fleet),
      batch: batch.index,
      taken,
      calls: batch.calls,
    });
  }
  return { drones: planned, batches: [...batches.keys()], summaries };
}

function refuseDuplicates(drones: readonly Drone[]): void {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { hostname } of drones) {
    if (seen.has(hostname)) twice.add(hostname);
    seen.add(hostname);
  }
  if (twice.size > 0) throw new DuplicateDroneError([...twice]);
}

/** `ssh` and `local` drones are served by their site's near workers, `agent` drones by their own. */
function queueFor(drone: Drone, fleet: Fleet): string {
  const entry = fleet.get(drone.hostname);
  if (entry === undefined || !isName(drone.hostname)) {
    throw new InvalidInputError(`drone ${drone.hostname}: the fleet does not have it`);
  }
  return entry.transport === 'agent' ? droneQueue(entry.name) : siteQueue(entry.site);
}
