import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import { TIMING } from '../timing.js';

/** The holder of a lane says that it lives. Gives `lost` when the lane is another's. */
const RENEW = defineScript(`
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return {'lost'} end
redis.call('HSET', KEYS[1], 'leaseUntil', now() + tonumber(ARGV[2]))
return {'renewed'}
`);

/**
 * Transition: lane taken → free, once its tick is closed and its holder has collected, or
 * → detached, when the holder leaves and the lane shall be free as soon as its tick ends.
 */
const LEAVE = defineScript(`
local lane, prefix, tick, token, how = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local last = redis.call('HMGET', lane, 'tick', 'holder')
if last[1] ~= tick or last[2] ~= token then return {'lost'} end
if how == 'detach' then
  redis.call('HSET', lane, 'detached', '1')
  return {'detached'}
end
if redis.call('HGET', prefix .. ':tick:' .. tick, 'state') ~= 'closed' then return {'running'} end
redis.call('HDEL', lane, 'tick', 'holder', 'leaseUntil', 'detached')
return {'free'}
`);

/**
 * Transition: lane taken → taken by another producer, for one that was restarted. Refused
 * while the holder's lease lasts: it may be alive.
 */
const ADOPT = defineScript(`
local lane, prefix, token, lease = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local last = redis.call('HMGET', lane, 'tick', 'holder', 'leaseUntil', 'detached')
if not last[1] or redis.call('EXISTS', prefix .. ':tick:' .. last[1]) == 0 then return {'none'} end
local left = tonumber(last[3] or '0') - now()
if last[2] ~= token and last[4] ~= '1' and left > 0 then return {'held', last[1], left} end
redis.call('HSET', lane, 'holder', token, 'leaseUntil', now() + lease, 'detached', '0')
return {'adopted', last[1]}
`);

export type AdoptReply =
  | { readonly kind: 'none' }
  /** Its holder may be alive for so many milliseconds. */
  | { readonly kind: 'held'; readonly tick: string; readonly leftMs: number }
  | { readonly kind: 'adopted'; readonly tick: string };

/** Takes over the lane's tick, running or uncollected. */
export async function adoptLane(
  store: TickStore,
  lane: string,
  token: string,
): Promise<AdoptReply> {
  const key = keys.lane(store.prefix, lane);
  const args = [store.prefix, token, TIMING.laneLeaseMs];
  const [word, tick = '', left] = readReply(await runScript(store, ADOPT, [key], args));
  if (word === 'adopted') return { kind: 'adopted', tick };
  return word === 'held' ? { kind: 'held', tick, leftMs: Number(left) } : { kind: 'none' };
}

export async function renewLane(store: TickStore, lane: string, token: string): Promise<boolean> {
  const key = keys.lane(store.prefix, lane);
  const [word] = readReply(await runScript(store, RENEW, [key], [token, TIMING.laneLeaseMs]));
  return word === 'renewed';
}

/** Frees the lane of a closed tick. Gives false when it is not this producer's any more. */
export async function freeLane(
  store: TickStore,
  lane: string,
  tick: string,
  token: string,
): Promise<boolean> {
  const key = keys.lane(store.prefix, lane);
  const [word] = readReply(
    await runScript(store, LEAVE, [key], [store.prefix, tick, token, 'free']),
  );
  return word === 'free';
}

/** Leaves the lane to itself: it is free once the tick has ended. */
export async function detachLane(
  store: TickStore,
  lane: string,
  tick: string,
  token: string,
): Promise<void> {
  const key = keys.lane(store.prefix, lane);
  await runScript(store, LEAVE, [key], [store.prefix, tick, token, 'detach']);
}
