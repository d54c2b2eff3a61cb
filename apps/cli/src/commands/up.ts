import { join } from 'node:path';
import { DEFAULT_PREFIX, InvalidInputError } from '@muster/protocol';
import { DroneWorker, loadMethods } from '@muster/drone-worker';
import { Combiner } from '@muster/producer';
import { closeRedis, createLogger, openRedis, startPrivateRedis, stateDir } from '@muster/runtime';
import { chooseFleet } from '../input/fleet-choice.js';
import { chooseRetention, type RetentionFlags } from '../input/retention-choice.js';
import { readUpNote, removeUpNote, writeUpNote } from '../input/up-file.js';
import { serve } from '../serve.js';
import { startTelemetry } from '../telemetry/start-telemetry.js';
import { musterVersion } from '../version.js';

export interface UpOptions extends RetentionFlags {
  readonly fleet?: string;
  readonly redis?: string;
  readonly methods: string[];
  readonly concurrency: number;
}

/** Everything on one machine, until a signal comes. */
export async function runUp(options: UpOptions): Promise<number> {
  const running = readUpNote();
  if (running !== undefined) {
    throw new InvalidInputError(
      `muster up runs already (pid ${String(running.pid)}), with the state in ${stateDir()}`,
    );
  }
  const retention = chooseRetention(options);
  const { file: fleet } = await chooseFleet(options.fleet);
  const methods = await loadMethods(options.methods);
  const log = createLogger({ name: 'up' });
  const telemetry = await startTelemetry('up', log);
  const own =
    options.redis === undefined
      ? await startPrivateRedis({ dataDir: join(stateDir(), 'redis') })
      : undefined;
  const url = own?.url ?? options.redis ?? '';
  const redis = await openRedis(url);
  const store = { redis, prefix: DEFAULT_PREFIX };
  const combiner = new Combiner({ store, log, retention });
  const sites = [...new Set(['default', ...fleet.sites()])];
  const { concurrency } = options;
  const worker = new DroneWorker({
    store,
    sites,
    drones: [],
    fleet,
    methods,
    concurrency,
    drainMs: 10_000,
    version: musterVersion(),
    log,
  });
  await combiner.start();
  await worker.start();
  writeUpNote({ pid: process.pid, redis: url });
  log.info({ redis: url, state: stateDir(), drones: fleet.size, sites, keep: retention }, 'ready');
  return serve(
    {
      stop: async () => {
        removeUpNote();
        await worker.stop();
        await combiner.stop();
        await closeRedis(redis);
        await own?.stop();
        await telemetry.stop();
      },
      hurry: () => {
        worker.hurry();
      },
      ...(own && { lost: own.ended.then(() => 'the private Redis has ended') }),
    },
    log,
  );
}
