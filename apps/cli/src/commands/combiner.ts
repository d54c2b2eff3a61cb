import { DEFAULT_PREFIX } from '@muster/protocol';
import { Combiner } from '@muster/producer';
import { closeRedis, createLogger, openRedis } from '@muster/runtime';
import { requireRedis } from '../input/redis-choice.js';
import { chooseRetention, type RetentionFlags } from '../input/retention-choice.js';
import { serve } from '../serve.js';
import { startTelemetry } from '../telemetry/start-telemetry.js';

export interface CombinerOptions extends RetentionFlags {
  readonly redis?: string;
}

export async function runCombiner(options: CombinerOptions): Promise<number> {
  const retention = chooseRetention(options);
  const log = createLogger({ name: 'combiner' });
  const telemetry = await startTelemetry('combiner', log);
  const redis = await openRedis(requireRedis(options.redis));
  const combiner = new Combiner({ store: { redis, prefix: DEFAULT_PREFIX }, log, retention });
  await combiner.start();
  log.info({ keep: retention }, 'ready');
  const stop = async () => {
    await combiner.stop();
    await closeRedis(redis);
    await telemetry.stop();
  };
  return serve({ stop }, log);
}
