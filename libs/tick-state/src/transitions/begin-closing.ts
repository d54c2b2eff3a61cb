import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import { TIMING } from '../timing.js';

/**
 * Transition: tick open → closing, at its deadline or when it is cancelled. From here on
 * no batch is claimed, and the workers that hold one end what runs and report. The time that they
 * have for it counts from the deadline, or from now where every combiner was away at that moment.
 */
const BEGIN_CLOSING = defineScript(`
local tick, deadlines = KEYS[1], KEYS[2]
local reason, text, grace, channel, look = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local inTime = tonumber(ARGV[6])
local facts = redis.call('HMGET', tick, 'state', 'deadlineAt', 'tick')
if not facts[1] then return {'gone'} end
if facts[1] ~= 'open' then return {facts[1]} end
local at = now()
if reason == 'deadline' and at < tonumber(facts[2]) then return {'early'} end
local from = at
if reason == 'deadline' and at - facts[2] <= inTime then from = tonumber(facts[2]) end
redis.call('HSET', tick, 'state', 'closing', 'closingReason', reason, 'closingText', text, 'closeAt', from + grace)
redis.call('ZADD', deadlines, from + look, facts[3])
redis.call('PUBLISH', channel, cjson.encode({kind = 'closing', tick = facts[3], reason = reason, text = text}))
return {'begun'}
`);

export type ClosingReason = 'deadline' | 'cancelled';

/** What the control channel says when a tick begins to close. */
export interface ClosingNotice {
  readonly kind: 'closing';
  readonly tick: string;
  readonly reason: ClosingReason;
  /** Why it was cancelled, for people; empty otherwise. */
  readonly text: string;
}

export type BeginClosingReply = 'begun' | 'closing' | 'closed' | 'early' | 'gone';

export async function beginClosing(
  store: TickStore,
  tick: string,
  reason: ClosingReason,
  text = '',
): Promise<BeginClosingReply> {
  const { prefix } = store;
  const [word] = readReply(
    await runScript(
      store,
      BEGIN_CLOSING,
      [keys.tick(prefix, tick), keys.deadlines(prefix)],
      [reason, text, TIMING.closingMs, keys.control(prefix), TIMING.endLostMs, TIMING.seenInTimeMs],
    ),
  );
  return word as BeginClosingReply;
}
