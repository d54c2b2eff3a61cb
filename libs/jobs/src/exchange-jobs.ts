/** Ends jobs and takes new ones, any number of both and of any queues that were asked for at the same time. */
import { defineScript, runScript, together, type TickStore } from '@muster/tick-state';
import { RELEASE_PARENT } from './release-parent.js';

/**
 * Ends each job as BullMQ's `moveToFinished` does, and takes each as its `moveToActive` does. What needs
 * more than that is left to BullMQ: a job that its taker has lost, or without a parent; a queue that is limited or
 * has jobs with priorities. The queue's events are not written.
 */
const EXCHANGE = defineScript(`
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

/** A job in its taker's hands. */
export interface TakenJob {
  readonly id: string;
  /** Its lock's. */
  readonly token: string;
  readonly data: unknown;
  /** When it was added, milliseconds since 1970. */
  readonly addedAt: number;
  /** The key of its parent; empty where it has none. */
  readonly parentKey: string;
  /** Why BullMQ has given it up, if it has. */
  readonly givenUp?: string;
}

export interface EndedJob {
  readonly job: TakenJob;
  /** What it returned. */
  readonly value: string;
}

/** What the taker of one queue asks for. */
export interface Exchange {
  readonly queue: string;
  /** The taker's name. */
  readonly worker: string;
  /** How long a job that is taken stays its taker's without another word, in milliseconds. */
  readonly lockMs: number;
  readonly ended: readonly EndedJob[];
  /** Jobs to take at most. */
  readonly most: number;
  /** For the locks of the jobs that are taken; no two exchanges have the same. */
  readonly token: string;
}

export interface Exchanged {
  /** The ended jobs that BullMQ has to end. */
  readonly left: readonly EndedJob[];
  readonly jobs: readonly TakenJob[];
  /** What the queue holds besides: perhaps some, none that is due, or such as only BullMQ can take. */
  readonly rest: 'some' | 'none' | 'odd';
  /** The next delayed job is due in so many milliseconds; only with `none`. */
  readonly nextInMs?: number;
  /** Redis' clock, milliseconds since 1970. */
  readonly at: number;
}

type Reply = [
  left: number[],
  /** For each: its id, data, when it was added, and its parent, which is `=` where the one before has the same. */
  jobs: string[],
  rest: Exchanged['rest'],
  nextInMs: string,
  givenUp: [id: string, reason: string][],
];

/** Jobs in one script at most. */
const MOST = 200;

/** Each exchange for itself; those of one turn of the event loop go out together. */
export const exchangeJobs = together<Exchange, Exchanged>(
  askToExchange,
  ({ worker, lockMs }) => `${String(lockMs)} ${worker}`,
  ({ ended, most }) => (ended.length + most) / MOST,
);

async function askToExchange(
  store: TickStore,
  exchanges: readonly Exchange[],
  { lockMs, worker }: Exchange,
): Promise<Exchanged[]> {
  const args: (string | number)[] = [lockMs, worker];
  for (const { queue, ended, most, token } of exchanges) {
    args.push(`${store.prefix}:${queue}:`, token, most, ended.length);
    for (const run of alike(ended)) {
      const [{ job }] = run;
      args.push(job.token, job.parentKey, run.length);
      for (const { job: own, value } of run) args.push(own.id, JSON.stringify(value));
    }
  }
  const keys = exchanges.map(({ queue }) => `${store.prefix}:${queue}:wait`);
  const [at, replies] = (await runScript(store, EXCHANGE, keys, args)) as [string, Reply[]];
  return exchanges.map(({ ended, token }, index) => {
    const reply = replies[index];
    if (reply === undefined) throw new Error(`exchange ${String(index + 1)} got no reply`);
    const [left, jobs, rest, nextInMs, givenUp] = reply;
    return {
      left: left.flatMap((number) => ended[number - 1] ?? []),
      jobs: readJobs(jobs, givenUp, token),
      rest,
      ...(nextInMs !== '' && { nextInMs: Number(nextInMs) }),
      at: Number(at),
    };
  });
}

/** In their order, those together that follow each other and were taken together for one parent. */
function alike(ended: readonly EndedJob[]): (readonly [EndedJob, ...EndedJob[]])[] {
  const runs: [EndedJob, ...EndedJob[]][] = [];
  for (const one of ended) {
    const run = runs.at(-1);
    const { token, parentKey } = one.job;
    if (run?.[0].job.token === token && run[0].job.parentKey === parentKey) run.push(one);
    else runs.push([one]);
  }
  return runs;
}

function readJobs(texts: readonly string[], givenUp: Reply[4], token: string): TakenJob[] {
  const jobs: TakenJob[] = [];
  let parentKey = '';
  for (let at = 0; at < texts.length; at += 4) {
    const [id = '', data = '', addedAt = '', parent = ''] = texts.slice(at, at + 4);
    if (parent !== '=') parentKey = parent;
    const job = { id, token, data: readData(data), addedAt: Number(addedAt), parentKey };
    const reason = givenUp.find(([of]) => of === id)?.[1];
    jobs.push(reason === undefined ? job : { ...job, givenUp: reason });
  }
  return jobs;
}

/** Whoever has put something else than JSON there gets to hear of it from who reads the data. */
function readData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
