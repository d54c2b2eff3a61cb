import { keys } from '@muster/protocol';
import { defineScript, runScript, type TickStore } from '../store.js';
import { TIMING } from '../timing.js';

/**
 * Transition: what a silent worker ran, unknown → known to be gone or not; noted in its claim.
 * Where nothing was found, an order of a worker that froze just before a cancel may still be
 * on its way: as long as the drone would take it, nothing is confirmed. (No order outlives the
 * deadline.)
 */
const RECORD_END = defineScript(`
local tick, claims, reports = KEYS[1], KEYS[2], KEYS[3]
local drone, ended, found, order = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local facts = redis.call('HMGET', tick, 'state', 'closingReason')
if facts[1] ~= 'closing' then return {'late'} end
if redis.call('HEXISTS', reports, drone) == 1 then return {'reported'} end
local held = redis.call('HGET', claims, drone)
if not held then return {'gone'} end
local claim = cjson.decode(held)
if facts[2] == 'cancelled' and found ~= '1' and claim.checked and now() - claim.checked < order then
  ended = 'unconfirmed'
end
claim.ended = ended
redis.call('HSET', claims, drone, cjson.encode(claim))
return {'noted'}
`);

export async function recordEnd(
  store: TickStore,
  tick: string,
  drone: string,
  { ended, found }: { readonly ended: 'confirmed' | 'unconfirmed'; readonly found: boolean },
): Promise<void> {
  const { prefix } = store;
  await runScript(
    store,
    RECORD_END,
    [keys.tick(prefix, tick), keys.claims(prefix, tick), keys.reports(prefix, tick)],
    [drone, ended, found ? '1' : '0', TIMING.orderMs],
  );
}
