import { text } from 'node:stream/consumers';
import { DEFAULT_PREFIX } from '@muster/protocol';
import { loadFleet } from '@muster/producer';
import { closeRedis, createLogger, openRedis } from '@muster/runtime';
import { EXIT } from '../exit-codes.js';
import { checkHost, chooseCredentials, type CredentialFlags } from '../input/dashboard-choice.js';
import { fleetPath } from '../input/fleet-choice.js';
import { followFleet } from '../input/follow-fleet.js';
import { requireRedis } from '../input/redis-choice.js';
import { loadDashboard } from '../load-dashboard.js';
import { accessText } from '../output/access-text.js';
import { print } from '../output/streams.js';
import { serve } from '../serve.js';
import { musterVersion } from '../version.js';

export interface DashboardOptions extends CredentialFlags {
  readonly redis?: string;
  readonly fleet?: string;
  readonly host: string;
  readonly port?: number;
  readonly allowChanges?: boolean;
  readonly makeCredentials?: string;
}

/** The web dashboard, until a signal comes. */
export async function runDashboard(options: DashboardOptions): Promise<number> {
  const { checkAccess, Credentials, credentialsLine, Dashboard, DEFAULT_PORT } =
    await loadDashboard();
  if (options.makeCredentials !== undefined) {
    const [password = ''] = (await text(process.stdin)).split(/\r?\n/);
    await print(`${await credentialsLine(options.makeCredentials, password)}\n`);
    return EXIT.ok;
  }
  const { host, allowChanges = false } = options;
  await checkHost(host);
  const credentials = await Credentials.from(chooseCredentials(options));
  const log = createLogger({ name: 'dashboard' });
  const path = fleetPath(options.fleet);
  const changedFleet = path === undefined ? undefined : await followFleet(path, log);
  const fleet = path === undefined ? undefined : (await loadFleet(path)).file;
  const url = requireRedis(options.redis);
  const settings = { host, port: options.port ?? DEFAULT_PORT, credentials, allowChanges };
  // Before anything is opened.
  checkAccess(settings);
  const redis = await openRedis(url);
  const dashboard = new Dashboard({
    ...settings,
    store: { redis, prefix: DEFAULT_PREFIX },
    fleet,
    ...(changedFleet && { changedFleet }),
    version: musterVersion(),
    log,
  });
  try {
    await dashboard.start();
  } catch (error) {
    await closeRedis(redis);
    throw error;
  }
  if (fleet === undefined) log.warn('no fleet file: only drones of recent ticks are shown');
  const access = accessText(credentials, allowChanges);
  log.info({ address: dashboard.address, access, allowChanges }, 'ready');
  return serve(
    {
      stop: async () => {
        await dashboard.stop();
        await closeRedis(redis);
      },
    },
    log,
  );
}
