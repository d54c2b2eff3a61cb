/** What a combiner must look at now, and what may be forgotten. */
import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from './store.js';

const DUE = defineScript(`
local at = now()
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', at, 'LIMIT', 0, 100)
local first = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%d', at), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return {first[2] and string.format('%d', first[2] - at) or '', unpack(due)}
`);

export interface DueTicks {
  /** The ticks whose time has come, by Redis' clock: deadlines, closing times, last reports. At most 100. */
  readonly ticks: readonly string[];
  /** Milliseconds to the next one; infinite when none is known. */
  readonly nextMs: number;
}

export async function dueTicks(store: TickStore): Promise<DueTicks> {
  const reply = await runScript(store, DUE, [keys.deadlines(store.prefix)], []);
  const [next, ...ticks] = readReply(reply);
  return { ticks, nextMs: next === '' ? Infinity : Number(next) };
}

/** Has a closing tick looked at again at its end. */
export async function awaitClose(store: TickStore, tick: string, closeAt: number): Promise<void> {
  // Only if it is still waited for: a combiner that was away must not bring it back.
  await store.redis.zadd(keys.deadlines(store.prefix), 'XX', closeAt, tick);
}

/** Has a closed tick whose flow has not ended looked at again later, so that it keeps no other waiting. */
export async function lookLater(
  store: TickStore,
  tick: string,
  milliseconds: number,
): Promise<void> {
  await store.redis.zincrby(keys.deadlines(store.prefix), milliseconds, tick);
}

/** Drops a deadline whose tick is gone. */
export async function dropDeadline(store: TickStore, tick: string): Promise<void> {
  await store.redis.zrem(keys.deadlines(store.prefix), tick);
}

export interface Retention {
  /** Ticks kept at most. */
  readonly count: number;
  /** Milliseconds a tick is kept at most. */
  readonly ageMs: number;
}

export const DEFAULT_RETENTION: Retention = { count: 1_000, ageMs: 7 * 24 * 3_600_000 };

const EXPIRED = defineScript(`
local count, age = tonumber(ARGV[1]), tonumber(ARGV[2])
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now() - age, 'LIMIT', 0, 50)
local many = redis.call('ZCARD', KEYS[1]) - count
if many > #gone then gone = redis.call('ZRANGE', KEYS[1], 0, math.min(many, 50) - 1) end
return gone
`);

/** Ticks beyond what is kept, oldest first, at most 50; never one that still runs. */
export async function expiredTicks(store: TickStore, retention: Retention): Promise<string[]> {
  const old = (await runScript(
    store,
    EXPIRED,
    [keys.ticks(store.prefix)],
    [retention.count, retention.ageMs],
  )) as string[];
  const states = await Promise.all(
    old.map((tick) => store.redis.hget(keys.tick(store.prefix, tick), 'state')),
  );
  return old.filter((_, index) => states[index] === 'closed' || states[index] === null);
}

/** Removes all that a tick left in its own keys. */
export async function forgetTick(store: TickStore, tick: string): Promise<void> {
  const { prefix, redis } = store;
  await redis.unlink(
    keys.tick(prefix, tick),
    keys.roster(prefix, tick),
    keys.batches(prefix, tick),
    keys.claims(prefix, tick),
    keys.journal(prefix, tick),
    keys.reports(prefix, tick),
    keys.outputs(prefix, tick),
    keys.arrivals(prefix, tick),
  );
  await redis.zrem(keys.ticks(prefix), tick);
}
