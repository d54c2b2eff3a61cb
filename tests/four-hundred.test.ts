/** A tick of 400 drones of which 37 are bad in six ways: one line names them all, the record has everybody. */
import { join } from 'node:path';
import { DroneWorker, loadMethods } from '@muster/drone-worker';
import { Combiner, DroneTaskQueue, loadFleet, TickFailedError } from '@muster/producer';
import { DEFAULT_PREFIX } from '@muster/protocol';
import { silentLogger } from '@muster/runtime';
import { makeSshKey, muster, scratchDir, startTestRedis } from '@muster/testing';
import { expect, it, onTestFinished } from 'vitest';
import { readRecord } from './record-schema.js';

/** Nobody listens on the port; no worker serves the site. */
const fleetWith = (key: string) => `
version: 1
defaults: {transport: local}
drones:
  "lab[001-375]": {}
  "lab[376-383]": {transport: ssh, address: 127.0.0.1, port: 1, identityFile: ${key}}
  "lab[384-389]": {methods: [ping]}
  "lab[390-395]": {site: elsewhere}
  "lab[396-400]": {}
`;

const BAD_CALLS: readonly (readonly [string, object, object?])[] = [
  ['lab[364-369]', { shell: 'echo No space left on device >&2; exit 1' }],
  ['lab[370-375]', { argv: ['sleep', '600'] }, { timeoutMs: 300 }],
  ['lab[396-400]', { argv: ['sleep', '600'] }],
];

it('is told in one line, and recorded whole', async () => {
  const [scratch, redis] = await Promise.all([scratchDir(), startTestRedis()]);
  const key = join(scratch.path, 'key');
  await makeSshKey(key, 'ed25519');
  const fleet = await loadFleet(await scratch.write('fleet.yaml', fleetWith(key)));
  const store = { redis: redis.client, prefix: DEFAULT_PREFIX };
  const combiner = new Combiner({ store, log: silentLogger });
  const worker = new DroneWorker({
    ...{ store, sites: ['default'], drones: [], fleet: fleet.file, log: silentLogger },
    ...{ methods: await loadMethods(), concurrency: 100, drainMs: 5_000, version: 'test' },
  });
  const services = [worker, combiner];
  for (const service of services) await service.start();
  const queue = await DroneTaskQueue.open({
    ...{ name: 'roll', fleet, redis: redis.url, hostCombiner: false, deadlineMs: 15_000 },
  });
  onTestFinished(async () => {
    await queue.close();
    for (const service of services) await service.stop();
    await redis.stop();
    await scratch.remove();
  });

  const drones = fleet.select('*');
  for (const [names, args, more] of BAD_CALLS)
    for (const drone of fleet.select(names)) drone.queueCall('exec', { ...args }, more);
  for (const drone of drones.filter((one) => one.getCalls().length === 0))
    drone.queueCall('exec', { argv: ['true'] });
  const error = await queue.execute(drones).catch((thrown: unknown) => thrown);
  if (!(error instanceof TickFailedError)) throw error;

  expect(error.results.size).toBe(363);
  const { stdout } = await muster(['show', queue.lastTick ?? '', '--json'], {
    env: { MUSTER_REDIS_URL: redis.url },
  });
  const record = readRecord(stdout);
  expect(record.failure?.message).toBe(
    [
      '37 of 400 drones failed: lab[364-369] call_failed (call 0, exec: exit 1: No space left on device)',
      'lab[370-375] call_failed (call 0, exec: timed out after 300ms)',
      'lab[396-400] timed_out (call 0, exec: still running at the deadline of 15s)',
      'lab[376-383] unreachable (connection refused on port 1)',
      'lab[390-395] never_started (no worker serves it)',
      'lab[384-389] rejected (call 0, exec: not allowed on this drone (allowed: ping))',
    ].join('; '),
  );
  expect(record.counts).toMatchObject({ ok: 363 });
  expect(Object.keys(record.drones).sort()).toEqual(drones.map(({ hostname }) => hostname).sort());
});
