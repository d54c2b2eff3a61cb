/** What a tick runs on: a Redis of its own with a worker inside, or the one that was given. */
import { DEFAULT_PREFIX } from '@muster/protocol';
import type { MethodRegistry } from '@muster/drone-worker/methods';
import type { DroneFleet } from '@muster/producer';
import { closeRedis, openRedis, startPrivateRedis, type Logger } from '@muster/runtime';
import { musterVersion } from '../version.js';

export interface Stage {
  readonly redis: string;
  /** Idempotent; nothing that it started is left. */
  close(): Promise<void>;
}

export interface StageSettings {
  /** The Redis to use; undefined for one of our own. */
  readonly redis: string | undefined;
  readonly withWorker: boolean;
  readonly fleet: DroneFleet;
  readonly methods: MethodRegistry;
  readonly concurrency: number;
  readonly log: Logger;
}

export async function setStage({ redis, withWorker, ...rest }: StageSettings): Promise<Stage> {
  if (redis !== undefined && !withWorker) return { redis, close: () => Promise.resolve() };
  const own = redis === undefined ? await startPrivateRedis() : undefined;
  const url = own?.url ?? redis ?? '';
  try {
    const worker = await startWorker(url, rest);
    return {
      redis: url,
      close: async () => {
        await worker.stop();
        await own?.stop();
      },
    };
  } catch (error) {
    await own?.stop();
    throw error;
  }
}

async function startWorker(
  url: string,
  { fleet, methods, concurrency, log }: Omit<StageSettings, 'redis' | 'withWorker'>,
): Promise<{ stop(): Promise<void> }> {
  // Who has workers elsewhere need not load what reaches drones.
  const [{ DroneWorker }, client] = await Promise.all([
    import('@muster/drone-worker'),
    openRedis(url),
  ]);
  const worker = new DroneWorker({
    store: { redis: client, prefix: DEFAULT_PREFIX },
    sites: fleet.file.sites(),
    drones: [],
    fleet: fleet.file,
    methods,
    concurrency,
    // When the tick has ended, nothing of it may go on.
    drainMs: 0,
    version: musterVersion(),
    log,
  });
  await worker.start();
  return {
    stop: async () => {
      await worker.stop();
      await closeRedis(client);
    },
  };
}
