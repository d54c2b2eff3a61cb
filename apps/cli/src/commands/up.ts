import { join } from 'node:path';
import { DEFAULT_PREFIX, InvalidInputError } from '@muster/protocol';
import { DroneWorker, loadMethods } from '@muster/drone-worker';
import { Combiner, type DroneFleet } from '@muster/producer';
import {
  closeRedis,
  createLogger,
  openRedis,
  startPrivateRedis,
  stateDir,
  type Logger,
} from '@muster/runtime';
import type { TickStore } from '@muster/tick-state';
import { checkHost, chooseCredentials, type CredentialFlags } from '../input/dashboard-choice.js';
import { chooseFleet, fleetPath } from '../input/fleet-choice.js';
import { followFleet } from '../input/follow-fleet.js';
import { chooseRetention, type RetentionFlags } from '../input/retention-choice.js';
import { readUpNote, removeUpNote, writeUpNote } from '../input/up-file.js';
import { loadDashboard } from '../load-dashboard.js';
import { accessText } from '../output/access-text.js';
import { serve } from '../serve.js';
import { startTelemetry } from '../telemetry/start-telemetry.js';
import { musterVersion } from '../version.js';

export interface UpOptions extends RetentionFlags, CredentialFlags {
  readonly fleet?: string;
  readonly redis?: string;
  readonly methods: string[];
  readonly concurrency: number;
  /** False where none is wanted. */
  readonly dashboard: boolean;
  readonly host: string;
  readonly port?: number;
  readonly allowChanges?: boolean;
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
  const host = options.dashboard ? await prepareDashboard(options) : undefined;
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
  const path = fleetPath(options.fleet);
  const changedFleet = path === undefined ? undefined : await followFleet(path, log);
  const dashboard = await host?.({ store, fleet, log, ...(changedFleet && { changedFleet }) });
  const address = dashboard?.address;
  writeUpNote({
    pid: process.pid,
    redis: url,
    ...(address !== undefined && { dashboard: address }),
  });
  log.info(
    {
      redis: url,
      dashboard: address,
      access: dashboard?.access,
      state: stateDir(),
      drones: fleet.size,
      sites,
      keep: retention,
    },
    'ready',
  );
  return serve(
    {
      stop: async () => {
        removeUpNote();
        await dashboard?.stop();
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

interface DashboardParts {
  readonly store: TickStore;
  readonly fleet: DroneFleet['file'];
  readonly changedFleet?: () => Promise<DroneFleet['file'] | undefined>;
  readonly log: Logger;
}

interface HostedDashboard {
  readonly address: string;
  /** Who may look, in words. */
  readonly access: string;
  stop(): Promise<void>;
}

/** Refuses what must be before anything is started; gives the way to start it. */
async function prepareDashboard(
  options: UpOptions,
): Promise<(parts: DashboardParts) => Promise<HostedDashboard>> {
  const { checkAccess, Credentials, Dashboard, DEFAULT_PORT } = await loadDashboard();
  const { host, port, allowChanges = false } = options;
  await checkHost(host);
  const credentials = await Credentials.from(chooseCredentials(options));
  checkAccess({ host, credentials });
  return async (parts) => {
    const dashboard = new Dashboard({
      ...parts,
      host,
      port: port ?? DEFAULT_PORT,
      orAnyPort: port === undefined,
      credentials,
      allowChanges,
      version: musterVersion(),
    });
    await dashboard.start();
    return {
      address: dashboard.address,
      access: accessText(credentials, allowChanges),
      stop: () => dashboard.stop(),
    };
  };
}
