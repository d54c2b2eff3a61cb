/** What a combiner must look at now, and what may be forgotten. */
import { keys } from '@muster/protocol';
import type { Retention } from './retention.js';
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

/** Ticks that are forgotten in one turn, at most: the deadlines must not wait for long. */
const TURN = 50;

/** One that still runs, or whose living producer has not collected it, stays and keeps no other. */
const EXPIRED = defineScript(`
local ticks, prefix, turn = KEYS[1], ARGV[1], tonumber(ARGV[4])
local surplus = redis.call('ZCARD', ticks) - tonumber(ARGV[2])
local at = now()
local tooOld = at - tonumber(ARGV[3])

local function wanted(tick)
  local facts = redis.call('HMGET', prefix .. ':tick:' .. tick, 'state', 'lane')
  if not facts[1] then return false end
  if facts[1] ~= 'closed' then return true end
  local lane = redis.call('HMGET', prefix .. ':lane:' .. (facts[2] or ''), 'tick', 'leaseUntil', 'detached')
  return lane[1] == tick and lane[3] ~= '1' and tonumber(lane[2] or '0') > at
end

local gone, rank = {}, 0
while true do
  local some = redis.call('ZRANGE', ticks, rank, rank + 99, 'WITHSCORES')
  if #some == 0 then return gone end
  for i = 1, #some, 2 do
    if rank >= surplus and tonumber(some[i + 1]) > tooOld then return gone end
    if not wanted(some[i]) then gone[#gone + 1] = some[i] end
    if #gone == turn then return gone end
    rank = rank + 1
  end
end
`);

export interface Expired {
  /** Oldest first. */
  readonly ticks: readonly string[];
  /** Whether there may be more than one turn takes. */
  readonly more: boolean;
}

/** Ticks beyond what is kept; never one that still runs, or that its living producer has not collected. */
export async function expiredTicks(store: TickStore, retention: Retention): Promise<Expired> {
  const { prefix } = store;
  const args = [prefix, retention.count, retention.ageMs, TURN];
  const ticks = (await runScript(store, EXPIRED, [keys.ticks(prefix)], args)) as string[];
  return { ticks, more: ticks.length === TURN };
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
  await redis.zrem(keys.deadlines(prefix), tick);
  // Last: whoever is interrupted before finds the tick here again.
  await redis.zrem(keys.ticks(prefix), tick);
}
