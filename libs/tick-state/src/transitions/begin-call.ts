import { keys } from '@muster/protocol';
import { defineScript, readReply, runScript, type TickStore } from '../store.js';

/**
 * Transition: call waiting → begun, and the call before it → ended. Journalled before it
 * starts, so that a `once` call never starts twice; refused to who no longer holds the
 * batch, and once the tick is closing.
 */
const BEGIN_CALL = defineScript(`
local tick, claims, journal = KEYS[1], KEYS[2], KEYS[3]
local drone, epoch, token, ended, result, begun = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local facts = redis.call('HMGET', tick, 'state', 'epoch', 'closingReason', 'closingText')
local held = redis.call('HGET', claims, drone)
if facts[2] ~= epoch or not held or cjson.decode(held).token ~= token then return {'lost'} end
if facts[1] ~= 'open' then return {'closing', facts[3] or '', facts[4] or ''} end
if ended ~= '' then redis.call('HSET', journal, drone .. '/' .. ended, 'ended:' .. result) end
if begun ~= '' then redis.call('HSET', journal, drone .. '/' .. begun, 'begun') end
return {'held'}
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
  | { readonly kind: 'held' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'closing'; readonly reason: 'deadline' | 'cancelled'; readonly text: string };

export interface CallStep {
  /** The call that has ended, with its result as JSON. */
  readonly ended?: { readonly index: number; readonly result: string } | undefined;
  /** The call that is about to begin; left out where a second run would change nothing. */
  readonly begun?: number | undefined;
}

/** With an empty step it only asks whether the batch is still held. */
export async function beginCall(
  store: TickStore,
  holder: Holder,
  { ended, begun }: CallStep = {},
): Promise<HoldReply> {
  const { prefix } = store;
  const { tick, drone, epoch, token } = holder;
  const [word, reason, text = ''] = readReply(
    await runScript(
      store,
      BEGIN_CALL,
      [keys.tick(prefix, tick), keys.claims(prefix, tick), keys.journal(prefix, tick)],
      [drone, epoch, token, ended?.index ?? '', ended?.result ?? '', begun ?? ''],
    ),
  );
  if (word !== 'closing') return { kind: word === 'held' ? 'held' : 'lost' };
  return { kind: 'closing', reason: reason === 'cancelled' ? 'cancelled' : 'deadline', text };
}

/** What the journal says of one call. */
export type CallTrace =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'begun' }
  | { readonly kind: 'ended'; readonly result: unknown };

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
