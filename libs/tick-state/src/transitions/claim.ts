import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import { TIMING } from '../timing.js';

/**
 * Transition: batch waiting → held by a worker. Refused unless the tick is open and the
 * epoch current, when the drone has reported, and while another living worker holds it.
 * The same token gets the same answer again, since a client that reconnects sends again.
 */
const CLAIM = defineScript(`
local tick, claims, reports, workers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local drone, epoch, token, worker, lease = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local facts = redis.call('HMGET', tick, 'state', 'epoch', 'deadlineAt', 'settings')
if not facts[1] then return {'gone'} end
if facts[2] ~= epoch then return {'stale'} end
local at = now()
if facts[1] ~= 'open' or at >= tonumber(facts[3]) then return {'closed'} end
if redis.call('HEXISTS', reports, drone) == 1 then return {'reported'} end

local attempt = 1
local held = redis.call('HGET', claims, drone)
if held then
  held = cjson.decode(held)
  attempt = held.attempt
  if held.token ~= token then
    local seen = redis.call('ZSCORE', workers, held.worker)
    if held.token ~= '' and seen and tonumber(seen) > at - lease then return {'held', held.worker} end
    attempt = attempt + 1
  end
end
redis.call('HSET', claims, drone, cjson.encode({token = token, worker = worker, attempt = attempt, at = at}))
return {'claimed', string.format('%d', facts[3] - at), string.format('%d', attempt), facts[4]}
`);

export interface Claim {
  readonly tick: string;
  readonly drone: string;
  readonly epoch: number;
  /** Names this delivery of the batch to this worker. */
  readonly token: string;
  /** What the worker holds it under, see `leaseName`. */
  readonly worker: string;
}

export type ClaimReply =
  | {
      readonly ok: true;
      /** Milliseconds until the tick's deadline. */
      readonly remainingMs: number;
      /** 1 for the first. */
      readonly attempt: number;
      /** The tick's settings, JSON. */
      readonly settings: string;
    }
  | { readonly ok: false; readonly refusal: 'gone' | 'stale' | 'closed' | 'reported' | 'held' };

export async function claimBatch(store: TickStore, claim: Claim): Promise<ClaimReply> {
  const { prefix } = store;
  const { tick } = claim;
  const [word, remaining, attempt, settings = ''] = readReply(
    await runScript(
      store,
      CLAIM,
      [
        keys.tick(prefix, tick),
        keys.claims(prefix, tick),
        keys.reports(prefix, tick),
        keys.workers(prefix),
      ],
      [claim.drone, claim.epoch, claim.token, claim.worker, TIMING.workerLeaseMs],
    ),
  );
  if (word !== 'claimed') {
    return { ok: false, refusal: word as 'gone' | 'stale' | 'closed' | 'reported' | 'held' };
  }
  return { ok: true, remainingMs: Number(remaining), attempt: Number(attempt), settings };
}
