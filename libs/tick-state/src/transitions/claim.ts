import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import { TIMING } from '../timing.js';
import { together } from '../together.js';

/**
 * Transition: batch waiting → held by a worker. Refused unless the tick is open and the
 * epoch current, when the drone has reported, and while another living worker holds it.
 * The same token gets the same answer again, since a client that reconnects sends again.
 * Where nobody was here before, the first call may begin with it, as `begin-call` would begin it.
 * Many batches of a tick and a worker in one go, each for itself: a word and its detail for each. What they need is read
 * and written in one command each, for those cost more than what is in them.
 */
const CLAIM = defineScript(`
local tick, claims, reports, workers, journal = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local lease, epoch, worker = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local facts = redis.call('HMGET', tick, 'state', 'epoch', 'deadlineAt', 'settings')
local at = now()
local drones = {}
for i = 4, #ARGV, 3 do drones[#drones + 1] = ARGV[i] end
local reported = byDrone(reports, drones)
local held = byDrone(claims, drones)
local writes, begun = {}, {}
local isAlive = false
local name = cjson.encode(worker)

-- As cjson would write it, which costs more.
local function written(token, attempt, checked)
  return string.format('{"token":%s,"worker":%s,"attempt":%d,"at":%d%s}', cjson.encode(token), name, attempt, at,
    checked and ',"checked":' .. string.format('%d', at) or '')
end

local function claim(drone, token, first)
  if not facts[1] then return 'gone' end
  if facts[2] ~= epoch then return 'stale' end
  if facts[1] ~= 'open' or at >= tonumber(facts[3]) then return 'closed' end
  if reported[drone] then return 'reported' end
  local attempt = 1
  if held[drone] then
    local before = cjson.decode(held[drone])
    attempt = before.attempt
    if before.token ~= token then
      local seen = redis.call('ZSCORE', workers, before.worker)
      if before.token ~= '' and seen and tonumber(seen) > at - lease then return 'held' end
      attempt = attempt + 1
    end
  end
  local begins = first ~= '' and attempt == 1
  if begins then
    isAlive = true
    if first == 'journalled' then
      begun[#begun + 1] = drone .. '/0'
      begun[#begun + 1] = 'begun'
    end
  end
  held[drone] = written(token, attempt, begins)
  writes[#writes + 1] = drone
  writes[#writes + 1] = held[drone]
  return 'claimed', string.format('%d', attempt)
end

local reply = {string.format('%d', (facts[3] or at) - at), facts[4] or ''}
for i = 4, #ARGV, 3 do
  local word, attempt = claim(ARGV[i], ARGV[i + 1], ARGV[i + 2])
  reply[#reply + 1] = word
  reply[#reply + 1] = attempt or ''
end
if #writes > 0 then redis.call('HSET', claims, unpack(writes)) end
if #begun > 0 then redis.call('HSET', journal, unpack(begun)) end
if isAlive then redis.call('ZADD', workers, at, worker) end
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

export const claimBatch = together<Claim, ClaimReply>(
  askToClaim,
  ({ tick, epoch, worker }) => `${tick} ${String(epoch)} ${worker}`,
);

async function askToClaim(
  store: TickStore,
  claims: readonly Claim[],
  { tick, epoch, worker }: Claim,
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
        epoch,
        worker,
        ...claims.flatMap(({ drone, token, first = '' }) => [drone, token, first]),
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
