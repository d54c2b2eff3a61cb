import { keys, type Verdict } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';

/**
 * Transition: tick open or closing → closed, with its verdict. The first writer wins, and
 * it must have seen every report there is. A tick without all its reports is closed only
 * after its closing time. What the journal has of calls that nobody reported becomes their drone's
 * results. A little later a combiner looks whether its flow has ended too.
 */
const CLOSE = defineScript(`
local tick, reports, claims, deadlines, journal, outputs = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local seen, verdict, status, prefix = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local facts = redis.call('HMGET', tick, 'state', 'size', 'closeAt', 'tick', 'lane')
if not facts[1] then return {'gone'} end
if facts[1] == 'closed' then return {'already'} end
if redis.call('HLEN', reports) ~= seen then return {'changed'} end
local at = now()
if seen < tonumber(facts[2]) then
  if facts[1] ~= 'closing' or at < tonumber(facts[3]) then return {'early'} end
end
redis.call('HSET', tick, 'state', 'closed', 'status', status, 'verdict', verdict, 'finishedAt', at)
for held = 6, #ARGV do
  local results = {}
  repeat
    local ended = redis.call('HGET', journal, ARGV[held] .. '/' .. #results)
    local isEnded = ended and string.sub(ended, 1, 6) == 'ended:'
    if isEnded then results[#results + 1] = string.sub(ended, 7) end
  until not isEnded
  if #results > 0 then redis.call('HSET', outputs, ARGV[held], '[' .. table.concat(results, ',') .. ']') end
end
redis.call('UNLINK', claims, journal)
redis.call('ZADD', deadlines, at + tonumber(ARGV[5]), facts[4])
redis.call('PUBLISH', prefix .. ':lane:' .. facts[5], facts[4])
return {'closed'}
`);

/** Milliseconds from a tick's end to the look at what is left of its flow. */
const CHECK_FLOW_MS = 1_000;

export type CloseReply = 'closed' | 'already' | 'changed' | 'early' | 'gone';

/**
 * `seen` is the number of reports that the verdict was made from, `held` the drones without a
 * report whose batch somebody had.
 */
export async function closeTick(
  store: TickStore,
  tick: string,
  seen: number,
  verdict: Verdict,
  held: readonly string[] = [],
): Promise<CloseReply> {
  const { prefix } = store;
  const [word] = readReply(
    await runScript(
      store,
      CLOSE,
      [
        keys.tick(prefix, tick),
        keys.reports(prefix, tick),
        keys.claims(prefix, tick),
        keys.deadlines(prefix),
        keys.journal(prefix, tick),
        keys.outputs(prefix, tick),
      ],
      [seen, JSON.stringify(verdict), verdict.status, prefix, CHECK_FLOW_MS, ...held],
    ),
  );
  return word as CloseReply;
}
