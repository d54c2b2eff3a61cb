import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';
import { shareOfText, together } from '../together.js';

/**
 * Transition: call waiting → begun, and the call before it → ended. Journalled before it
 * starts, so that a `once` call never starts twice; refused to who no longer holds the
 * batch, and once the tick is closing or past its deadline. Who may begin is alive: his lease
 * begins anew, so that nobody takes the batch over while his order may still reach the drone.
 * Many batches of a tick in one go, each for itself: three words for each.
 */
const BEGIN_CALL = defineScript(`
local tick, claims, journal, workers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local facts = redis.call('HMGET', tick, 'state', 'epoch', 'closingReason', 'closingText', 'deadlineAt')
local at = now()
local alive = {}

local function begin(drone, epoch, token, ended, result, begun)
  local held = redis.call('HGET', claims, drone)
  if facts[2] ~= epoch or not held then return 'lost' end
  local claim = cjson.decode(held)
  if claim.token ~= token then return 'lost' end
  if facts[1] ~= 'open' then return 'closing', facts[3], facts[4] end
  if at >= tonumber(facts[5]) then return 'closing', 'deadline' end
  alive[claim.worker] = true
  claim.checked = at
  if ended ~= '' or begun ~= '' then claim.began = at end
  redis.call('HSET', claims, drone, cjson.encode(claim))
  if ended ~= '' then redis.call('HSET', journal, drone .. '/' .. ended, 'ended:' .. result) end
  if begun ~= '' then redis.call('HSET', journal, drone .. '/' .. begun, 'begun') end
  return 'held', string.format('%d', facts[5] - at)
end

local reply = {}
for i = 1, #ARGV, 6 do
  local word, detail, text = begin(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5])
  reply[#reply + 1] = word
  reply[#reply + 1] = detail or ''
  reply[#reply + 1] = text or ''
end
for worker in pairs(alive) do redis.call('ZADD', workers, at, worker) end
return reply
`);

export interface Holder {
  readonly tick: string;
  readonly drone: string;
  readonly epoch: number;
  /** The token of the claim. */
  readonly token: string;
}

/** `lost`: another worker holds the batch now, or nobody needs it any more. */
export type HoldReply =
  /** Milliseconds to the tick's deadline. */
  | { readonly kind: 'held'; readonly remainingMs: number }
  | { readonly kind: 'lost' }
  | { readonly kind: 'closing'; readonly reason: 'deadline' | 'cancelled'; readonly text: string };

export interface CallStep {
  /** The call that has ended, with its result as JSON. */
  readonly ended?: { readonly index: number; readonly result: string } | undefined;
  /** The call that is about to begin; left out where a second run would change nothing. */
  readonly begun?: number | undefined;
}

/** With an empty step it only asks whether the batch is still held. */
export function beginCall(
  store: TickStore,
  holder: Holder,
  step: CallStep = {},
): Promise<HoldReply> {
  const { tick, drone, epoch, token } = holder;
  const { ended, begun } = step;
  return begin(store, { tick, drone, epoch, token, ended, begun });
}

const begin = together<Holder & CallStep, HoldReply>(
  async (store, steps, { tick }) => {
    const { prefix } = store;
    const words = readReply(
      await runScript(
        store,
        BEGIN_CALL,
        [
          keys.tick(prefix, tick),
          keys.claims(prefix, tick),
          keys.journal(prefix, tick),
          keys.workers(prefix),
        ],
        steps.flatMap(({ drone, epoch, token, ended, begun }) => [
          drone,
          epoch,
          token,
          ended?.index ?? '',
          ended?.result ?? '',
          begun ?? '',
        ]),
      ),
    );
    return steps.map((_, index): HoldReply => {
      const [word, detail, text = ''] = words.slice(3 * index, 3 * index + 3);
      if (word === 'held') return { kind: 'held', remainingMs: Number(detail) };
      if (word !== 'closing') return { kind: 'lost' };
      return { kind: 'closing', reason: detail === 'cancelled' ? 'cancelled' : 'deadline', text };
    });
  },
  ({ tick }) => tick,
  ({ ended }) => shareOfText(ended?.result.length ?? 0),
);

/** What the journal says of one call. */
export type CallTrace =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'begun' }
  | { readonly kind: 'ended'; readonly result: unknown };

/**
 * Which call of a drone's batch can be running: they run one after another, and each is
 * journalled as ended before the next begins.
 */
export async function runningCall(
  { redis, prefix }: TickStore,
  { tick, drone }: Pick<Holder, 'tick' | 'drone'>,
): Promise<number> {
  for (let index = 0; ; index += 1) {
    const text = await redis.hget(keys.journal(prefix, tick), `${drone}/${String(index)}`);
    if (text?.startsWith('ended:') !== true) return index;
  }
}

/** The results of the calls of a drone's batch of `count` calls that have ended, one after another. */
export async function readFinished(
  store: TickStore,
  holder: Pick<Holder, 'tick' | 'drone'>,
  count: number,
): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const trace of await readJournal(store, holder, count)) {
    if (trace.kind !== 'ended') break;
    results.push(trace.result);
  }
  return results;
}

/** What the workers before us have left in the journal of a drone's batch of `count` calls. */
export async function readJournal(
  { redis, prefix }: TickStore,
  { tick, drone }: Pick<Holder, 'tick' | 'drone'>,
  count: number,
): Promise<CallTrace[]> {
  if (count === 0) return [];
  const fields = Array.from({ length: count }, (_, index) => `${drone}/${String(index)}`);
  const texts = await redis.hmget(keys.journal(prefix, tick), ...fields);
  return texts.map((text): CallTrace => {
    if (text === null) return { kind: 'waiting' };
    if (text === 'begun') return { kind: 'begun' };
    return { kind: 'ended', result: JSON.parse(text.slice('ended:'.length)) as unknown };
  });
}
