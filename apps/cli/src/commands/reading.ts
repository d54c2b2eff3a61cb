/** What the commands that only look share: a Redis, opened and closed again. */
import { DEFAULT_PREFIX, InvalidInputError, parseTickId } from '@muster/protocol';
import { closeRedis, openRedis } from '@muster/runtime';
import { readTickFacts, type TickFacts, type TickStore } from '@muster/tick-state';
import { requireRedis } from '../input/redis-choice.js';

export async function withStore<T>(
  redisOption: string | undefined,
  use: (store: TickStore) => Promise<T>,
): Promise<T> {
  const redis = await openRedis(requireRedis(redisOption));
  try {
    return await use({ redis, prefix: DEFAULT_PREFIX });
  } finally {
    await closeRedis(redis);
  }
}

/** @throws InvalidInputError for a text that is no tick's id, and for a tick that is not there. */
export async function requireTick(store: TickStore, tick: string): Promise<TickFacts> {
  if (parseTickId(tick) === undefined)
    throw new InvalidInputError(`'${tick}' is no tick's id; expected e.g. default-42`);
  const facts = await readTickFacts(store, tick);
  if (facts === undefined)
    throw new InvalidInputError(`there is no tick ${tick}, or none any more`);
  return facts;
}
