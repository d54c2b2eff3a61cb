import { keys, type Misfortune } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import type { Holder } from './begin-call.js';

/**
 * Transition: batch held → waiting for its next attempt. What the last attempt came to is
 * kept: it is the drone's outcome when no other attempt is made before the deadline.
 */
const RELEASE = defineScript(`
local tick, claims = KEYS[1], KEYS[2]
local drone, epoch, token, last = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local facts = redis.call('HMGET', tick, 'state', 'epoch')
local held = redis.call('HGET', claims, drone)
if facts[1] ~= 'open' or facts[2] ~= epoch or not held then return {'lost'} end
local claim = cjson.decode(held)
if claim.token ~= token then return {'lost'} end
claim.token = ''
if last ~= '' then claim.last = last end
redis.call('HSET', claims, drone, cjson.encode(claim))
return {'released'}
`);

/** Gives false when the batch is not ours any more, or the tick does not wait for it. */
export async function releaseBatch(
  store: TickStore,
  { tick, drone, epoch, token }: Holder,
  lastAttempt?: Misfortune,
): Promise<boolean> {
  const { prefix } = store;
  const last = lastAttempt === undefined ? '' : JSON.stringify(lastAttempt);
  const [word] = readReply(
    await runScript(
      store,
      RELEASE,
      [keys.tick(prefix, tick), keys.claims(prefix, tick)],
      [drone, epoch, token, last],
    ),
  );
  return word === 'released';
}
