/** How many ticks are kept, and for how long: one setting for the whole installation, in its Redis. */
import { keys } from '@muster/protocol';
import type { TickStore } from './store.js';

export interface Retention {
  /** Ticks kept at most; those that still run, or wait to be collected, are kept beyond. */
  readonly count: number;
  /** Milliseconds a tick is kept at most, from its start. */
  readonly ageMs: number;
}

export const DEFAULT_RETENTION: Retention = { count: 1_000, ageMs: 7 * 24 * 3_600_000 };

/**
 * What whoever started a combiner last has said; the default where nobody has. It is kept in
 * Redis since any combiner may forget: the one that a short `muster tick` hosts must not
 * forget what the installation means to keep.
 */
export async function readRetention({ redis, prefix }: TickStore): Promise<Retention> {
  const [count, ageMs] = await redis.hmget(keys.retention(prefix), 'count', 'ageMs');
  if (typeof count !== 'string' || typeof ageMs !== 'string') return DEFAULT_RETENTION;
  return { count: Number(count), ageMs: Number(ageMs) };
}

export async function writeRetention(
  { redis, prefix }: TickStore,
  { count, ageMs }: Retention,
): Promise<void> {
  await redis.hset(keys.retention(prefix), { count, ageMs });
}
