/**
 * Lua: `release(parentKey)` lets a parent run that waits for no child any more. Parents here have neither a
 * priority nor a delay.
 */
export const RELEASE_PARENT = `
local function release(parentKey)
  local id = string.match(parentKey, '[^:]*$')
  local base = string.sub(parentKey, 1, -#id - 1)
  if redis.call('ZREM', base .. 'waiting-children', id) == 0 then return end
  redis.call('RPUSH', base .. 'wait', id)
  local meta = redis.call('HMGET', base .. 'meta', 'paused', 'concurrency')
  local full = meta[2] and redis.call('LLEN', base .. 'active') >= tonumber(meta[2])
  if not meta[1] and not full then redis.call('ZADD', base .. 'marker', 0, '0') end
  redis.call('XADD', base .. 'events', '*', 'event', 'waiting', 'jobId', id, 'prev', 'waiting-children')
end
`;
