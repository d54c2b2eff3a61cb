/** Takes over the tick of a producer that is gone. */
import { TickInFlightError } from '@muster/protocol';
import { delay } from '@muster/runtime';
import {
  adoptLane,
  readTickFacts,
  readTickRoster,
  TIMING,
  type RosterEntry,
  type TickStore,
} from '@muster/tick-state';
import { Drone } from '../drone.js';
import type { TickPlan } from './plan-tick.js';

export interface AdoptedTick {
  readonly tick: string;
  /** Redis' clock, milliseconds since 1970. */
  readonly startedAt: number;
  readonly deadlineMs: number;
  readonly policy: string;
  /** What it tells workers, as `writeTickSettings` gave it. */
  readonly settings: string;
  readonly roster: readonly RosterEntry[];
}

/** Null when the lane has no tick. @throws TickInFlightError when its producer lives. */
export async function adoptTick(
  store: TickStore,
  lane: string,
  token: string,
  signal: AbortSignal,
): Promise<AdoptedTick | null> {
  for (let waitedMs = 0; ;) {
    const adopted = await adoptLane(store, lane, token);
    if (adopted.kind === 'none') return null;
    if (adopted.kind === 'adopted') {
      const { tick } = adopted;
      const facts = await readTickFacts(store, tick);
      if (facts === undefined) return null;
      const { startedAt, deadlineMs, policy, settings } = facts;
      const roster = await readTickRoster(store, tick);
      return { tick, startedAt, deadlineMs, policy, settings, roster };
    }
    // A holder that lives renews its lease, and then it does not end.
    if (waitedMs > TIMING.laneLeaseMs) throw new TickInFlightError(lane, adopted.tick);
    const pauseMs = Math.min(adopted.leftMs, TIMING.laneRenewMs) + 1;
    await delay(pauseMs, signal);
    waitedMs += pauseMs;
  }
}

/** The adopted drones as a plan: their calls were another process' to queue, so there is nothing to settle. */
export function asPlan(
  drones: readonly RosterEntry[],
  known: (name: string) => Drone | undefined,
): TickPlan {
  const planned = drones.map((entry) => {
    const drone = known(entry.drone) ?? new Drone(entry.drone);
    return { ...entry, calls: [], taken: { drone, calls: [], settle: () => undefined } };
  });
  return { drones: planned, batches: [], summaries: [] };
}
