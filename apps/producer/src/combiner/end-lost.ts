/** Has what silent workers left running on the drones ended by workers that live. */
import type { Presence } from '@muster/protocol';
import {
  livingWorkers,
  queuesOf,
  readClaims,
  sayEndLost,
  TIMING,
  type RosterEntry,
  type TickStore,
} from '@muster/tick-state';

/**
 * Asks, for each of the drones whose batch is claimed and not reported, one living worker that
 * serves it: at the begin of the closing where the holder's lease has run out (`lost`), later also
 * where it is silent, as a frozen one is at first. Who lives ends its own.
 */
export async function askToEndLost(
  store: TickStore,
  tick: string,
  unreported: readonly RosterEntry[],
  which: 'lost' | 'silent',
): Promise<void> {
  const names = unreported.map(({ drone }) => drone);
  const [claims, living, heard] = await Promise.all([
    readClaims(store, tick, names),
    livingWorkers(store),
    which === 'silent' ? livingWorkers(store, TIMING.heardMs) : null,
  ]);
  const endTheirOwn = new Set((heard ?? living).map(({ lease }) => lease));
  const drones: Record<string, string[]> = {};
  for (const [index, { drone, queue }] of unreported.entries()) {
    const claim = claims.get(drone);
    if (claim === undefined || claim.lastAttempt !== undefined) continue;
    if (endTheirOwn.has(claim.lease)) continue;
    const able = living.filter((worker) => serves(worker, queue) && worker.lease !== claim.lease);
    const chosen = able[index % Math.max(1, able.length)];
    if (chosen !== undefined) (drones[chosen.lease] ??= []).push(drone);
  }
  if (Object.keys(drones).length > 0) await sayEndLost(store, { tick, drones });
}

function serves(worker: Presence, queue: string): boolean {
  return queuesOf(worker).includes(queue);
}
