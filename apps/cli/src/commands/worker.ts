import { DEFAULT_PREFIX, InvalidInputError, isName, parseDuration } from '@muster/protocol';
import { DroneWorker, loadMethods } from '@muster/drone-worker';
import { loadFleet } from '@muster/producer';
import { closeRedis, createLogger, openRedis } from '@muster/runtime';
import { fleetPath } from '../input/fleet-choice.js';
import { requireRedis } from '../input/redis-choice.js';
import { serve } from '../serve.js';
import { startTelemetry } from '../telemetry/start-telemetry.js';
import { musterVersion } from '../version.js';

export interface WorkerOptions {
  readonly redis?: string;
  readonly fleet?: string;
  readonly site: string[];
  readonly drone: string[];
  readonly methods: string[];
  readonly concurrency: number;
  readonly sshIdle: string;
  readonly sshConnections: number;
  readonly drain: string;
}

export async function runWorker(options: WorkerOptions): Promise<number> {
  const drainMs = parseDuration(options.drain, '--drain');
  const ssh = {
    idleMs: parseDuration(options.sshIdle, '--ssh-idle'),
    maxConnections: options.sshConnections,
  };
  for (const name of [...options.site, ...options.drone]) {
    if (!isName(name)) throw new InvalidInputError(`'${name}' is no name of a site or a drone`);
  }
  const sites = options.site.length + options.drone.length === 0 ? ['default'] : options.site;
  const path = fleetPath(options.fleet);
  if (path === undefined && sites.length > 0) {
    throw new InvalidInputError(
      'a near worker needs the fleet file: give --fleet FILE or set MUSTER_FLEET',
    );
  }
  const fleet = path === undefined ? undefined : (await loadFleet(path)).file;
  const stranger = options.drone.find((name) => fleet !== undefined && !fleet.get(name));
  if (stranger !== undefined)
    throw new InvalidInputError(`--drone ${stranger}: ${path ?? ''} has no such drone`);
  const methods = await loadMethods(options.methods);
  const log = createLogger({ name: 'worker' });
  const telemetry = await startTelemetry('worker', log);
  const redis = await openRedis(requireRedis(options.redis));
  const worker = new DroneWorker({
    store: { redis, prefix: DEFAULT_PREFIX },
    sites: [...new Set(sites)],
    drones: [...new Set(options.drone)],
    fleet,
    methods,
    concurrency: options.concurrency,
    drainMs,
    ssh,
    version: musterVersion(),
    log,
  });
  await worker.start();
  log.info(
    { worker: worker.id, sites, drones: options.drone, concurrency: options.concurrency },
    'ready',
  );
  return serve(
    {
      stop: async () => {
        await worker.stop();
        await closeRedis(redis);
        await telemetry.stop();
      },
      hurry: () => {
        worker.hurry();
      },
    },
    log,
  );
}
