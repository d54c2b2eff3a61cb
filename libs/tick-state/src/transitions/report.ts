import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript } from '../store.js';
import { TIMING } from '../timing.js';
import { shareOfText, together } from '../together.js';

/**
 * Transition: batch held → reported. Only its holder may report, once, and only until the
 * tick is closed; what comes later, or from an older epoch, changes nothing. The last
 * report wakes the sweep, in case the parent job does not come. Many batches of a tick in one
 * go, each for itself; what they need is read and written in one command each.
 */
const REPORT = defineScript(`
local tick, claims, reports, outputs, arrivals = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local deadlines, lastOutcomes = KEYS[6], KEYS[7]
local settle, epoch = tonumber(ARGV[1]), ARGV[2]
local facts = redis.call('HMGET', tick, 'state', 'epoch', 'size', 'tick')
local drones = {}
for i = 3, #ARGV, 5 do drones[#drones + 1] = ARGV[i] end
local held = byDrone(claims, drones)
local reported = byDrone(reports, drones)
local texts, values, arrived, outcomes, asText = {}, {}, {}, {}, {}

local function accept(drone, token, report, results, outcome)
  if not facts[1] then return 'gone' end
  if facts[2] ~= epoch then return 'stale' end
  if facts[1] == 'closed' then return 'closed' end
  -- Not decoded, which costs more than all else here: a token is a random one, and stands nowhere else.
  if not held[drone] or not string.find(held[drone], '"token":"' .. token .. '"', 1, true) then return 'not-holder' end
  if reported[drone] then return 'reported' end
  reported[drone] = report
  local last = 2 * #arrived
  arrived[#arrived + 1] = drone
  texts[last + 1], texts[last + 2] = drone, report
  values[last + 1], values[last + 2] = drone, results
  asText[outcome] = asText[outcome] or cjson.encode({outcome = outcome, tick = facts[4]})
  outcomes[last + 1], outcomes[last + 2] = drone, asText[outcome]
  return 'accepted'
end

local reply = {}
for i = 3, #ARGV, 5 do
  reply[#reply + 1] = accept(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4])
end
if #arrived > 0 then
  redis.call('HSET', reports, unpack(texts))
  redis.call('HSET', outputs, unpack(values))
  redis.call('RPUSH', arrivals, unpack(arrived))
  redis.call('HSET', lastOutcomes, unpack(outcomes))
end
if facts[1] and facts[1] ~= 'closed' and redis.call('HLEN', reports) == tonumber(facts[3]) then
  redis.call('ZADD', deadlines, 'LT', now() + settle, facts[4])
end
return reply
`);

export interface ReportRequest {
  readonly tick: string;
  readonly drone: string;
  readonly epoch: number;
  /** The token of the claim. */
  readonly token: string;
  /** As `writeReport` gives it. */
  readonly report: string;
  readonly outcome: string;
  /** JSON list, aligned with the calls. */
  readonly results: string;
}

/** `reported` means that the drone has a report already: two for one drone cannot be. */
export type ReportReply = 'accepted' | 'gone' | 'stale' | 'closed' | 'not-holder' | 'reported';

export const reportBatch = together<ReportRequest, ReportReply>(
  async (store, requests, { tick, epoch }) => {
    const { prefix } = store;
    const words = readReply(
      await runScript(
        store,
        REPORT,
        [
          keys.tick(prefix, tick),
          keys.claims(prefix, tick),
          keys.reports(prefix, tick),
          keys.outputs(prefix, tick),
          keys.arrivals(prefix, tick),
          keys.deadlines(prefix),
          keys.lastOutcomes(prefix),
        ],
        [
          TIMING.settleMs,
          epoch,
          ...requests.flatMap(({ drone, token, report, results, outcome }) => [
            drone,
            token,
            report,
            results,
            outcome,
          ]),
        ],
      ),
    );
    return words as ReportReply[];
  },
  ({ tick, epoch }) => `${tick} ${String(epoch)}`,
  ({ report, results }) => shareOfText(report.length + results.length),
);
