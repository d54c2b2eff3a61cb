import { defineScript, type Script } from '@muster/tick-state';
import { RELEASE_PARENT } from './release-parent.js';

/**
 * Ends each job as BullMQ's `moveToFinished` does, and takes each as its `moveToActive` does. What needs
 * more than that is left to BullMQ: a job that its taker has lost, or without a parent; a queue that is limited or
 * has jobs with priorities. The queue's events are not written.
 */
export const EXCHANGE: Script = defineScript(`
local lockMs, worker = ARGV[1], ARGV[2]
local time = now()
local at = 3
local function word()
  at = at + 1
  return ARGV[at - 1]
end

${RELEASE_PARENT}
-- Takes jobs off what their parent waits for, and leaves their results with it.
local function answer(parentKey, jobs)
  local children = parentKey .. ':dependencies'
  local isChild = redis.call('SMISMEMBER', children, unpack(jobs))
  local gone, results = {}, {}
  for i, key in ipairs(jobs) do
    if isChild[i] == 1 then
      gone[#gone + 1] = key
      results[#results + 1] = key
      results[#results + 1] = jobs[key]
    end
  end
  if #gone == 0 then return end
  redis.call('SREM', children, unpack(gone))
  redis.call('HSET', parentKey .. ':processed', unpack(results))
  if redis.call('EXISTS', children) == 0 then release(parentKey) end
end

local function finish(base, count)
  local left = {}
  if count == 0 then return left end
  local jobs, locks = {}, {}
  while #jobs < count do
    local token, parent = word(), word()
    for _ = 1, tonumber(word()) do
      local job = {token = token, parent = parent, id = word(), value = word()}
      jobs[#jobs + 1] = job
      locks[#jobs] = base .. job.id .. ':lock'
    end
  end
  locks = redis.call('MGET', unpack(locks))
  local ids, keys, byParent = {}, {}, {}
  for i, job in ipairs(jobs) do
    if locks[i] == job.token and job.parent ~= '' and redis.call('LREM', base .. 'active', -1, job.id) == 1 then
      local key = base .. job.id
      ids[#ids + 1] = job.id
      keys[#keys + 1] = key
      keys[#keys + 1] = key .. ':lock'
      local others = byParent[job.parent] or {}
      byParent[job.parent] = others
      others[#others + 1] = key
      others[key] = job.value
    else
      left[#left + 1] = i
    end
  end
  if #ids > 0 then
    redis.call('DEL', unpack(keys))
    redis.call('SREM', base .. 'stalled', unpack(ids))
    for parentKey, some in pairs(byParent) do answer(parentKey, some) end
  end
  return left
end

-- Puts the delayed jobs that are due among those that wait; in how many milliseconds the next one is.
local function promote(base)
  local delayed = base .. 'delayed'
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  if not first then return nil end
  local nextIn = math.floor(tonumber(first) / 4096) - time
  if nextIn > 0 then return nextIn end
  local due = redis.call('ZRANGE', delayed, 0, (time + 1) * 4096 - 1, 'BYSCORE', 'LIMIT', 0, 100)
  redis.call('ZREM', delayed, unpack(due))
  for _, id in ipairs(due) do
    local priority = tonumber(redis.call('HGET', base .. id, 'priority')) or 0
    if priority == 0 then
      redis.call('LPUSH', base .. 'wait', id)
    else
      local nth = redis.call('INCR', base .. 'pc')
      redis.call('ZADD', base .. 'prioritized', priority * 0x100000000 + nth % 0x100000000, id)
    end
    redis.call('HSET', base .. id, 'delay', '0')
  end
  return 1
end

-- Whoever was woken and does not take all that there is sees to it that another is woken.
local function wakeAnother(base, nextIn)
  if redis.call('EXISTS', base .. 'wait') == 1 then redis.call('ZADD', base .. 'marker', 0, '0') end
  if nextIn then redis.call('ZADD', base .. 'marker', time + nextIn, '1') end
end

local function take(base, token, most)
  local jobs, givenUp = {}, {}
  local meta = redis.call('HMGET', base .. 'meta', 'paused', 'concurrency', 'max')
  -- It will be said when it goes on.
  if meta[1] then return jobs, 'none', '', givenUp end
  local nextIn = promote(base)
  local isLimited = meta[2] or meta[3]
  if most == 0 then
    wakeAnother(base, nextIn)
    return jobs, 'some', '', givenUp
  end
  if isLimited then return jobs, 'odd', '', givenUp end
  local ids = redis.call('RPOP', base .. 'wait', most) or {}
  if #ids > 0 then redis.call('LPUSH', base .. 'active', unpack(ids)) end
  local parent = ''
  for _, id in ipairs(ids) do
    local key = base .. id
    local job = redis.call('HMGET', key, 'data', 'timestamp', 'parentKey', 'ats', 'defa')
    if job[1] then
      redis.call('SET', key .. ':lock', token, 'PX', lockMs)
      redis.call('HSET', key, 'processedOn', time, 'pb', worker, 'ats', (job[4] or 0) + 1)
      local last = #jobs
      jobs[last + 1], jobs[last + 2], jobs[last + 3] = id, job[1], job[2]
      jobs[last + 4] = job[3] == parent and '=' or job[3] or ''
      parent = job[3] or ''
      if job[5] then givenUp[#givenUp + 1] = {id, job[5]} end
    else
      redis.call('LREM', base .. 'active', 1, id)
    end
  end
  if #ids == most then
    wakeAnother(base, nextIn)
    return jobs, 'some', '', givenUp
  end
  if redis.call('EXISTS', base .. 'prioritized') == 1 then return jobs, 'odd', '', givenUp end
  return jobs, 'none', nextIn and string.format('%d', nextIn) or '', givenUp
end

local reply = {}
while at <= #ARGV do
  local base, token, most = word(), word(), tonumber(word())
  local left = finish(base, tonumber(word()))
  local jobs, rest, nextIn, givenUp = take(base, token, most)
  reply[#reply + 1] = {left, jobs, rest, nextIn, givenUp}
end
return {string.format('%d', time), reply}
`);
