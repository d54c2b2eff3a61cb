import { defineScript, runScript, type TickStore } from '@muster/tick-state';
import { STORED_CHILD_OPTIONS } from './child-options.js';

/**
 * Adds children of one parent to their queues, as BullMQ's `addStandardJob` adds each. A job that is there
 * already stays as it is, since a client that reconnects sends again. Says of each queue whether it was `added`
 * to, or is `odd`: one that BullMQ alone should add to.
 */
const ADD = defineScript(`
local parentKey, parent, options, timestamp = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if redis.call('EXISTS', parentKey) == 0 then return {} end

local reply = {}
local added = {}
local at = 4
while at <= #ARGV do
  local base, count = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  local meta = redis.call('HMGET', base .. 'meta', 'paused', 'concurrency')
  local ids = {}
  for i = at, at + 3 * (meta[2] and 0 or count) - 1, 3 do
    local id = ARGV[i]
    local key = base .. id
    if redis.call('EXISTS', key) == 0 then
      redis.call('HSET', key, 'name', ARGV[i + 1], 'data', ARGV[i + 2], 'opts', '{"jobId":"' .. id .. '",' .. options,
        'timestamp', timestamp, 'delay', '0', 'priority', '0', 'parentKey', parentKey, 'parent', parent)
      ids[#ids + 1] = id
      added[#added + 1] = key
    end
  end
  if #ids > 0 then
    redis.call('INCRBY', base .. 'id', #ids)
    redis.call('LPUSH', base .. 'wait', unpack(ids))
    if not meta[1] then redis.call('ZADD', base .. 'marker', 0, '0') end
  end
  reply[#reply + 1] = meta[2] and 'odd' or 'added'
  at = at + 3 * count
end
if #added > 0 then redis.call('SADD', parentKey .. ':dependencies', unpack(added)) end
return reply
`);

export interface JobToAdd {
  /** Without quotes and backslashes. */
  readonly id: string;
  readonly name: string;
  readonly data: object;
}

/** Jobs for one queue. */
export interface Piece {
  readonly queue: string;
  readonly jobs: readonly JobToAdd[];
}

/**
 * Adds all of them in one go, some hundred at most: that long Redis does nothing else. Adds none where the
 * parent is gone. Gives back the pieces of queues that have settings of their own, to be added by BullMQ.
 */
export async function addJobs(
  store: TickStore,
  parent: { readonly queue: string; readonly id: string },
  pieces: readonly Piece[],
): Promise<readonly Piece[]> {
  const queueKey = `${store.prefix}:${parent.queue}`;
  const reference = JSON.stringify({ id: parent.id, queueKey, idof: true });
  const options = JSON.stringify({
    ...STORED_CHILD_OPTIONS,
    parent: { id: parent.id, queue: queueKey },
  });
  const args: (string | number)[] = [reference, options.slice(1), Date.now()];
  for (const { queue, jobs } of pieces) {
    args.push(`${store.prefix}:${queue}:`, jobs.length);
    for (const { id, name, data } of jobs) args.push(id, name, JSON.stringify(data));
  }
  const reply = (await runScript(store, ADD, [`${queueKey}:${parent.id}`], args)) as string[];
  return pieces.filter((_, index) => reply[index] === 'odd');
}
