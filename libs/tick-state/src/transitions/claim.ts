import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import { TIMING } from '../timing.js';
import { together } from '../together.js';

/**
 * Transition: batch waiting → held by a worker. Refused unless the tick is open and the
 * epoch current, when the drone has reported, and while another living worker holds it.
 * The same token gets the same answer again, since a client that reconnects sends again.
 * Where nobody was here before, the first call may begin with it, as `begin-call` would begin it.
 * Many batches of a tick in one go, each for itself: a word and its detail for each.
 */
const CLAIM = defineScript(`
local tick, claims, reports, workers, journal = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local lease = tonumber(ARGV[1])
local facts = redis.call('HMGET', tick, 'state', 'epoch', 'deadlineAt', 'settings')
local at = now()
local alive = {}

local function claim(drone, epoch, token, worker, first)
  if not facts[1] then return 'gone' end
  if facts[2] ~= epoch then return 'stale' end
  if facts[1] ~= 'open' or at >= tonumber(facts[3]) then return 'closed' end
  if redis.call('HEXISTS', reports, drone) == 1 then return 'reported' end
  local attempt = 1
  local held = redis.call('HGET', claims, drone)
  if held then
    held = cjson.decode(held)
    attempt = held.attempt
    if held.token ~= token then
      local seen = redis.call('ZSCORE', workers, held.worker)
      if held.token ~= '' and seen and tonumber(seen) > at - lease then return 'held' end
      attempt = attempt + 1
    end
  end
  local claim = {token = token, worker = worker, attempt = attempt, at = at}
  if first ~= '' and attempt == 1 then
    alive[worker] = true
    claim.checked = at
    if first == 'journalled' then redis.call('HSET', journal, drone .. '/0', 'begun') end
  end
  redis.call('HSET', claims, drone, cjson.encode(claim))
  return 'claimed', string.format('%d', attempt)
end

local reply = {string.format('%d', (facts[3] or at) - at), facts[4] or ''}
for i = 2, #ARGV, 5 do
  local word, attempt = claim(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4])
  reply[#reply + 1] = word
  reply[#reply + 1] = attempt or ''
end
for worker in pairs(alive) do redis.call('ZADD', workers, at, worker) end
return reply
`);

/** `repeatable`: a second run of it would change nothing, so it is not journalled. */
export type FirstCall = 'journalled' | 'repeatable';

export interface Claim {
  readonly tick: string;
  readonly drone: string;
  readonly epoch: number;
  /** Names this delivery of the batch to this worker. */
  readonly token: string;
  /** What the worker holds it under, see `leaseName`. */
  readonly worker: string;
  /** Begins the first call as well, if this is the first attempt. */
  readonly first?: FirstCall | undefined;
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

export const claimBatch = together<Claim, ClaimReply>(askToClaim, ({ tick }) => tick);

async function askToClaim(
  store: TickStore,
  tick: string,
  claims: readonly Claim[],
): Promise<ClaimReply[]> {
  const { prefix } = store;
  const [remaining, settings = '', ...words] = readReply(
    await runScript(
      store,
      CLAIM,
      [
        keys.tick(prefix, tick),
        keys.claims(prefix, tick),
        keys.reports(prefix, tick),
        keys.workers(prefix),
        keys.journal(prefix, tick),
      ],
      [
        TIMING.workerLeaseMs,
        ...claims.flatMap(({ drone, epoch, token, worker, first = '' }) => [
          drone,
          epoch,
          token,
          worker,
          first,
        ]),
      ],
    ),
  );
  return claims.map((_, index): ClaimReply => {
    const word = words[2 * index];
    if (word !== 'claimed')
      return { ok: false, refusal: word as 'gone' | 'stale' | 'closed' | 'reported' | 'held' };
    const attempt = Number(words[2 * index + 1]);
    return { ok: true, remainingMs: Number(remaining), attempt, settings };
  });
}
