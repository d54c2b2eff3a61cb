import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import { TIMING } from '../timing.js';

/**
 * Transition: batch held → reported. Only its holder may report, once, and only until the
 * tick is closed; what comes later, or from an older epoch, changes nothing. The last
 * report wakes the sweep, in case the parent job does not come.
 */
const REPORT = defineScript(`
local tick, claims, reports, outputs, arrivals = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local deadlines, lastOutcomes = KEYS[6], KEYS[7]
local drone, epoch, token, report, results, settle = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local facts = redis.call('HMGET', tick, 'state', 'epoch', 'size', 'tick')
if not facts[1] then return {'gone'} end
if facts[2] ~= epoch then return {'stale'} end
if facts[1] == 'closed' then return {'closed'} end
local held = redis.call('HGET', claims, drone)
if not held or cjson.decode(held).token ~= token then return {'not-holder'} end
if redis.call('HSETNX', reports, drone, report) == 0 then return {'reported'} end
redis.call('HSET', outputs, drone, results)
redis.call('RPUSH', arrivals, drone)
redis.call('HSET', lastOutcomes, drone, ARGV[7])
if redis.call('HLEN', reports) == tonumber(facts[3]) then
  redis.call('ZADD', deadlines, 'LT', now() + settle, facts[4])
end
return {'accepted'}
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

export async function reportBatch(store: TickStore, request: ReportRequest): Promise<ReportReply> {
  const { prefix } = store;
  const { tick } = request;
  const [word] = readReply(
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
        request.drone,
        request.epoch,
        request.token,
        request.report,
        request.results,
        TIMING.settleMs,
        JSON.stringify({ outcome: request.outcome, tick }),
      ],
    ),
  );
  return word as ReportReply;
}
