import { keys } from '@muster/protocol';
import { defineScript, runScript, type TickStore } from '../store.js';

/** Notes, in the claim of a silent worker, whether what it ran is known to be gone from the drone. */
const RECORD_END = defineScript(`
local tick, claims, reports = KEYS[1], KEYS[2], KEYS[3]
local drone, ended = ARGV[1], ARGV[2]
if redis.call('HGET', tick, 'state') ~= 'closing' then return {'late'} end
if redis.call('HEXISTS', reports, drone) == 1 then return {'reported'} end
local held = redis.call('HGET', claims, drone)
if not held then return {'gone'} end
local claim = cjson.decode(held)
claim.ended = ended
redis.call('HSET', claims, drone, cjson.encode(claim))
return {'noted'}
`);

export async function recordEnd(
  store: TickStore,
  tick: string,
  drone: string,
  ended: 'confirmed' | 'unconfirmed',
): Promise<void> {
  const { prefix } = store;
  await runScript(
    store,
    RECORD_END,
    [keys.tick(prefix, tick), keys.claims(prefix, tick), keys.reports(prefix, tick)],
    [drone, ended],
  );
}
