/** A dashboard in this process, over a real Redis. */
import { DEFAULT_PREFIX } from '@muster/protocol';
import { silentLogger } from '@muster/runtime';
import type { TestRedis } from '@muster/testing';
import { Dashboard, type DashboardSettings } from '../src/index.js';

/** On a port of its own, read-only and open to this machine, unless `some` says otherwise. */
export async function startDashboard(
  { client }: TestRedis,
  some: Partial<DashboardSettings> = {},
): Promise<Dashboard> {
  const dashboard = new Dashboard({
    store: { redis: client, prefix: DEFAULT_PREFIX },
    host: '127.0.0.1',
    port: 0,
    allowChanges: false,
    version: '0.0.0',
    log: silentLogger,
    ...some,
  });
  await dashboard.start();
  return dashboard;
}
