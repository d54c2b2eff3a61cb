/** Has what silent workers left running on the drones ended by workers that live. */
import {
  livingWorkers,
  queuesOf,
  readClaims,
  sayEndLost,
  type Presence,
  type RosterEntry,
  type TickStore,
} from '@muster/tick-state';

/**
 * Asks, for each of the drones whose batch is claimed and not reported, one living worker that
 * serves it. With `lost`, only where the worker that holds the batch is not heard of any more.
 */
export async function askToEndLost(
  store: TickStore,
  tick: string,
  unreported: readonly RosterEntry[],
  which: 'lost' | 'all',
): Promise<void> {
  const names = unreported.map(({ drone }) => drone);
  const [claims, living] = await Promise.all([
    readClaims(store, tick, names),
    livingWorkers(store),
  ]);
  const lives = new Set(living.map(({ id }) => id));
  const drones: Record<string, string[]> = {};
  for (const [index, { drone, queue }] of unreported.entries()) {
    const claim = claims.get(drone);
    if (claim === undefined || claim.lastAttempt !== undefined) continue;
    if (which === 'lost' && lives.has(claim.worker)) continue;
    const able = living.filter(
      (worker) => worker.id !== claim.worker && queuesOf(worker).includes(queue),
    );
    const chosen = able[index % Math.max(1, able.length)] ?? holderItself(living, claim.worker);
    if (chosen !== undefined) (drones[chosen.id] ??= []).push(drone);
  }
  if (Object.keys(drones).length > 0) await sayEndLost(store, { tick, drones });
}

/** Where there is no other, the holder may still be able to, should it only be slow. */
function holderItself(living: readonly Presence[], worker: string): Presence | undefined {
  return living.find(({ id }) => id === worker);
}
