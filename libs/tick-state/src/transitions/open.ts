import { keys, tickId } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import { TIMING } from '../timing.js';

/**
 * Transition: lane free → tick open. Refuses a lane whose tick is running, or has ended
 * and is still wanted by a living producer. The number it hands out is the fencing epoch.
 */
const OPEN = defineScript(`
local lane, deadlines, ticks = KEYS[1], KEYS[2], KEYS[3]
local prefix, name, token, lease = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local deadlineMs, detached, roster, size = tonumber(ARGV[5]), ARGV[6], ARGV[7], ARGV[8]
local policy, settings = ARGV[9], ARGV[10]
local at = now()

local last = redis.call('HMGET', lane, 'tick', 'leaseUntil', 'detached')
if last[1] then
  local state = redis.call('HGET', prefix .. ':tick:' .. last[1], 'state')
  if state and state ~= 'closed' then return {'running', last[1]} end
  if state and last[3] ~= '1' and tonumber(last[2] or '0') > at then return {'uncollected', last[1]} end
end

local epoch = redis.call('HINCRBY', lane, 'seq', 1)
local tick = name .. '-' .. string.format('%d', epoch)
local key = prefix .. ':tick:' .. tick
local deadlineAt = at + deadlineMs
redis.call('HSET', lane, 'tick', tick, 'holder', token, 'leaseUntil', at + lease, 'detached', detached)
redis.call('HSET', key, 'v', '1', 'tick', tick, 'lane', name, 'epoch', epoch, 'state', 'open',
  'startedAt', at, 'deadlineMs', deadlineMs, 'deadlineAt', deadlineAt,
  'policy', policy, 'size', size, 'settings', settings)
redis.call('SET', key .. ':roster', roster)
for i = 11, #ARGV do redis.call('HSET', key .. ':batches', i - 11, ARGV[i]) end
redis.call('ZADD', deadlines, deadlineAt, tick)
redis.call('ZADD', ticks, at, tick)
return {'open', string.format('%d', epoch), string.format('%d', at)}
`);

export interface OpenRequest {
  readonly lane: string;
  /** Who holds the lane: a token of this producer alone. */
  readonly token: string;
  /** Milliseconds from now. */
  readonly deadlineMs: number;
  /** The producer will not collect: the lane is free once the tick has ended. */
  readonly detached: boolean;
  /** As `writeRoster` gives it. */
  readonly roster: string;
  readonly size: number;
  /** As `formatPolicy` gives it. */
  readonly policy: string;
  /** JSON: what workers must know of the tick. */
  readonly settings: string;
  /** The tick's distinct batches, JSON lists of calls. */
  readonly batches: readonly string[];
}

export type Opened =
  | { readonly ok: true; readonly tick: string; readonly epoch: number; readonly startedAt: number }
  | { readonly ok: false; readonly refusal: 'running' | 'uncollected'; readonly tick: string };

export async function openTick(store: TickStore, request: OpenRequest): Promise<Opened> {
  const { prefix } = store;
  const reply = readReply(
    await runScript(
      store,
      OPEN,
      [keys.lane(prefix, request.lane), keys.deadlines(prefix), keys.ticks(prefix)],
      [
        prefix,
        request.lane,
        request.token,
        TIMING.laneLeaseMs,
        request.deadlineMs,
        request.detached ? '1' : '0',
        request.roster,
        request.size,
        request.policy,
        request.settings,
        ...request.batches,
      ],
    ),
  );
  const [word, detail = '', at = ''] = reply;
  if (word === 'running' || word === 'uncollected')
    return { ok: false, refusal: word, tick: detail };
  const epoch = Number(detail);
  return { ok: true, tick: tickId(request.lane, epoch), epoch, startedAt: Number(at) };
}
