import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript } from '../store.js';
import { TIMING } from '../timing.js';
import { shareOfText, together } from '../together.js';

/**
 * Transition: batch held → reported. Only its holder may report, once, and only until the
 * tick is closed; what comes later, or from an older epoch, changes nothing. The last
 * report wakes the sweep, in case the parent job does not come. Many batches of a tick in one
 * go, each for itself.
 */
const REPORT = defineScript(`
local tick, claims, reports, outputs, arrivals = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local deadlines, lastOutcomes = KEYS[6], KEYS[7]
local settle = tonumber(ARGV[1])
local facts = redis.call('HMGET', tick, 'state', 'epoch', 'size', 'tick')

local function accept(drone, epoch, token, report, results, outcome)
  if not facts[1] then return 'gone' end
  if facts[2] ~= epoch then return 'stale' end
  if facts[1] == 'closed' then return 'closed' end
  local held = redis.call('HGET', claims, drone)
  if not held or cjson.decode(held).token ~= token then return 'not-holder' end
  if redis.call('HSETNX', reports, drone, report) == 0 then return 'reported' end
  redis.call('HSET', outputs, drone, results)
  redis.call('RPUSH', arrivals, drone)
  redis.call('HSET', lastOutcomes, drone, outcome)
  return 'accepted'
end

local reply = {}
for i = 2, #ARGV, 6 do
  reply[#reply + 1] = accept(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5])
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
  async (store, tick, requests) => {
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
          ...requests.flatMap(({ drone, epoch, token, report, results, outcome }) => [
            drone,
            epoch,
            token,
            report,
            results,
            JSON.stringify({ outcome, tick }),
          ]),
        ],
      ),
    );
    return words as ReportReply[];
  },
  ({ tick }) => tick,
  ({ report, results }) => shareOfText(report.length + results.length),
);
