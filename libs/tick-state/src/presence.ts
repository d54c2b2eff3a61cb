/** Which workers live, whom they serve, and what they are told when they say so. */
import { droneQueue, keys, siteQueue, type Presence } from '@muster/protocol';
import type { ClosingReason } from './transitions/begin-closing.js';
import { defineScript, runScript, type TickStore } from './store.js';
import { TIMING } from './timing.js';

const APART = '~';

/**
 * What a worker holds its batches under. A container that is restarted has the host name and the
 * process id of the one before it; it must not keep alive what that one held.
 */
export function leaseName(id: string, incarnation: string): string {
  return `${id}${APART}${incarnation}`;
}

/** `host:pid` of whoever holds something under this name. */
export function workerOf(lease: string): string {
  return lease.split(APART)[0] ?? lease;
}

const HEARTBEAT = defineScript(`
local workers, presence = KEYS[1], KEYS[2]
local lease, says, prefix, forget = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local at = now()
redis.call('ZADD', workers, at, lease)
redis.call('HSET', presence, lease, says)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', workers, '-inf', at - forget)) do
  redis.call('ZREM', workers, gone)
  redis.call('HDEL', presence, gone)
end
local closing = {}
for i = 5, #ARGV do
  local facts = redis.call('HMGET', prefix .. ':tick:' .. ARGV[i], 'state', 'closingReason', 'closingText')
  if facts[1] ~= 'open' then
    closing[#closing + 1] = {ARGV[i], facts[2] or 'cancelled', facts[3] or ''}
  end
end
return closing
`);

const FORGET_MS = 60_000;

/**
 * Says that the worker lives. `held` are the ticks of which it holds batches; those that
 * are no longer open come back, so that no lost message leaves a call running.
 */
export async function heartbeat(
  store: TickStore,
  presence: Presence,
  held: readonly string[],
): Promise<{ tick: string; reason: ClosingReason; text: string }[]> {
  const { prefix } = store;
  const reply = await runScript(
    store,
    HEARTBEAT,
    [keys.workers(prefix), keys.presence(prefix)],
    [presence.lease, JSON.stringify(presence), prefix, FORGET_MS, ...held],
  );
  return (reply as [string, ClosingReason, string][]).map(([tick, reason, text]) => ({
    tick,
    reason,
    text,
  }));
}

/** Takes the worker off the list, when it leaves in good order. */
export async function leave(store: TickStore, lease: string): Promise<void> {
  await store.redis.zrem(keys.workers(store.prefix), lease);
  await store.redis.hdel(keys.presence(store.prefix), lease);
}

const LIVING = defineScript(`
local living = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. (now() - tonumber(ARGV[1])), '+inf')
local presences = {}
for from = 1, #living, 1000 do
  local some = redis.call('HMGET', KEYS[2], unpack(living, from, math.min(from + 999, #living)))
  for i = 1, #some do presences[#presences + 1] = some[i] end
end
return presences
`);

/** The workers that were heard of within so many milliseconds; by default within their lease. */
export async function livingWorkers(
  store: TickStore,
  withinMs: number = TIMING.workerLeaseMs,
): Promise<Presence[]> {
  const { prefix } = store;
  const reply = await runScript(
    store,
    LIVING,
    [keys.workers(prefix), keys.presence(prefix)],
    [withinMs],
  );
  return (reply as (string | null)[])
    .filter((text) => text !== null)
    .map((text) => JSON.parse(text) as Presence);
}

/** The queues that a worker takes batches from. */
export function queuesOf(worker: Pick<Presence, 'sites' | 'drones'>): string[] {
  return [...worker.sites.map(siteQueue), ...worker.drones.map(droneQueue)];
}
