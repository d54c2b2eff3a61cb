import { keys, type Misfortune } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import type { Holder } from './begin-call.js';

/**
 * Transition: batch held → waiting for its next attempt. What the last attempt came to is
 * kept: it is the drone's outcome when no other attempt is made before the deadline. A first call that
 * the claim has begun and that never ran has not begun.
 */
const RELEASE = defineScript(`
local tick, claims, journal = KEYS[1], KEYS[2], KEYS[3]
local drone, epoch, token, last, unbegun = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local facts = redis.call('HMGET', tick, 'state', 'epoch')
local held = redis.call('HGET', claims, drone)
if facts[1] ~= 'open' or facts[2] ~= epoch or not held then return {'lost'} end
local claim = cjson.decode(held)
if claim.token ~= token then return {'lost'} end
claim.token = ''
if last ~= '' then claim.last = last end
redis.call('HSET', claims, drone, cjson.encode(claim))
if unbegun == '1' then redis.call('HDEL', journal, drone .. '/0') end
return {'released'}
`);

/**
 * Gives false when the batch is not ours any more, or the tick does not wait for it. `unbegun`: the
 * first call was begun with the claim, and did not run.
 */
export async function releaseBatch(
  store: TickStore,
  { tick, drone, epoch, token }: Holder,
  lastAttempt?: Misfortune,
  unbegun = false,
): Promise<boolean> {
  const { prefix } = store;
  const last = lastAttempt === undefined ? '' : JSON.stringify(lastAttempt);
  const [word] = readReply(
    await runScript(
      store,
      RELEASE,
      [keys.tick(prefix, tick), keys.claims(prefix, tick), keys.journal(prefix, tick)],
      [drone, epoch, token, last, unbegun ? '1' : ''],
    ),
  );
  return word === 'released';
}
