import { defineScript, runScript, type TickStore } from '@muster/tick-state';
import { RELEASE_PARENT } from './release-parent.js';

/**
 * Removes the jobs of one parent that wait, as BullMQ's `removeJob` removes each. What is in a taker's hands, or
 * waits for its time, is left to BullMQ.
 */
const REMOVE = defineScript(`
local parentKey = KEYS[1]
${RELEASE_PARENT}
local left, keys = {}, {}
local at = 1
while at <= #ARGV do
  local base, count = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  for i = at, at + count - 1 do
    local id = ARGV[i]
    local key = base .. id
    if redis.call('EXISTS', key) == 1 then
      -- Only one that is there is looked for: the list may be long.
      local isElsewhere = redis.call('EXISTS', key .. ':lock') == 1 or redis.call('ZSCORE', base .. 'delayed', id)
      if not isElsewhere and redis.call('LREM', base .. 'wait', 1, id) == 1 then
        keys[#keys + 1] = key
      else
        left[#left + 1] = id
      end
    end
  end
  at = at + count
end
if #keys > 0 then
  redis.call('DEL', unpack(keys))
  local children = parentKey .. ':dependencies'
  if redis.call('SREM', children, unpack(keys)) > 0 and redis.call('EXISTS', children) == 0 then release(parentKey) end
end
return left
`);

/** Jobs of one queue. */
export interface JobsOfQueue {
  readonly queue: string;
  readonly ids: readonly string[];
}

/**
 * Removes them in one go, some hundred at most; the newest first, since Redis finds those at the near end of its
 * lists. Gives back the ids of those that BullMQ has to remove.
 */
export async function removeJobs(
  store: TickStore,
  parent: { readonly queue: string; readonly id: string },
  pieces: readonly JobsOfQueue[],
): Promise<ReadonlySet<string>> {
  const args = pieces.flatMap(({ queue, ids }) => [
    `${store.prefix}:${queue}:`,
    ids.length,
    ...ids,
  ]);
  const parentKey = `${store.prefix}:${parent.queue}:${parent.id}`;
  return new Set((await runScript(store, REMOVE, [parentKey], args)) as string[]);
}
