/** Reads who holds what of a tick. */
import { keys, type ClaimFact, type Misfortune } from '@muster/protocol';
import { workerOf } from './presence.js';
import type { TickStore } from './store.js';

/** As the scripts write it. */
interface StoredClaim {
  readonly token: string;
  readonly worker: string;
  readonly attempt: number;
  /** When its holder was last let begin. Redis' clock, milliseconds since 1970. */
  readonly checked?: number;
  readonly ended?: 'confirmed' | 'unconfirmed';
  /** JSON of the last attempt's misfortune, while the batch waits for the next one. */
  readonly last?: string;
}

export interface HeldClaim extends ClaimFact {
  /** What its holder holds it under, see `leaseName`. */
  readonly lease: string;
}

/** The claims of these drones; those that nobody has claimed are left out. */
export async function readClaims(
  { redis, prefix }: TickStore,
  tick: string,
  drones: readonly string[],
): Promise<Map<string, HeldClaim>> {
  const claims = new Map<string, HeldClaim>();
  for (let from = 0; from < drones.length; from += CHUNK) {
    const names = drones.slice(from, from + CHUNK);
    const texts = await redis.hmget(keys.claims(prefix, tick), ...names);
    for (const [index, name] of names.entries()) {
      const text = texts[index];
      if (typeof text === 'string') claims.set(name, factOf(JSON.parse(text) as StoredClaim));
    }
  }
  return claims;
}

/** Drones read in one round trip. */
const CHUNK = 500;

function factOf({ token, worker, attempt, ended, last }: StoredClaim): HeldClaim {
  return {
    worker: workerOf(worker),
    lease: worker,
    attempts: attempt,
    ...(ended !== undefined && { ended }),
    // Only a released batch waits; one that is held again has a new attempt under way.
    ...(token === '' && last !== undefined && { lastAttempt: JSON.parse(last) as Misfortune }),
  };
}
