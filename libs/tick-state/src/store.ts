/** A place in Redis where ticks live, and how scripts are run there. */
import { createHash } from 'node:crypto';
import type { RedisClient } from '@muster/runtime';

export interface TickStore {
  readonly redis: RedisClient;
  /** `{muster}` unless an installation says otherwise; the beginning of every key. */
  readonly prefix: string;
}

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/**
 * What every script may use: `now()`, Redis' own clock in milliseconds; and `byDrone`, what a hash
 * has of some drones.
 */
const PRELUDE = `
local function byDrone(hash, drones)
  local found = {}
  if #drones == 0 then return found end
  for i, text in ipairs(redis.call('HMGET', hash, unpack(drones))) do found[drones[i]] = text end
  return found
end
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/** A script is one transition: it runs whole or not at all, and it alone decides. */
export function defineScript(body: string): Script {
  const lua = PRELUDE + body;
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Runs a script by its hash, and sends its text where Redis does not know it yet. */
export async function runScript(
  { redis }: TickStore,
  { lua, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(lua, keys.length, ...keys, ...args);
  }
}

/** The reply of a script as a list of texts and numbers; its first item names what happened. */
export function readReply(reply: unknown): [string, ...string[]] {
  if (!Array.isArray(reply) || reply.length === 0) {
    throw new Error(
      `a script of the tick's state gave an unexpected reply: ${JSON.stringify(reply)}`,
    );
  }
  const [word, ...rest] = reply.map(String);
  return [word ?? '', ...rest];
}
