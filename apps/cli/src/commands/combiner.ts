import { DEFAULT_PREFIX } from '@muster/protocol';
import { Combiner } from '@muster/producer';
import { closeRedis, createLogger, openRedis } from '@muster/runtime';
import { requireRedis } from '../input/redis-choice.js';
import { serve } from '../serve.js';

export async function runCombiner(options: { readonly redis?: string }): Promise<number> {
  const log = createLogger({ name: 'combiner' });
  const redis = await openRedis(requireRedis(options.redis));
  const combiner = new Combiner({ store: { redis, prefix: DEFAULT_PREFIX }, log });
  await combiner.start();
  log.info('ready');
  const stop = async () => {
    await combiner.stop();
    await closeRedis(redis);
  };
  return serve({ stop }, log);
}
