/** A fleet file that is edited while the dashboard runs. */
import { writeFile } from 'node:fs/promises';
import {
  muster,
  scratchDir,
  startMuster,
  startTestRedis,
  until,
  type MusterProcess,
  type ScratchDir,
  type TestRedis,
} from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const fleetOf = (drones: string) =>
  `version: 1\ndefaults: { transport: local }\ndrones: ${drones}\n`;

let redis: TestRedis;
let scratch: ScratchDir;
let path: string;
let dashboard: MusterProcess;
let address: string;

beforeAll(async () => {
  [redis, scratch] = await Promise.all([startTestRedis(), scratchDir()]);
  path = await scratch.write('fleet.yaml', fleetOf('{ lab1: {}, lab2: {} }'));
  dashboard = startMuster(['dashboard', '--redis', redis.url, '--fleet', path, '--port', '0']);
  address = String((await dashboard.logged('ready'))['address']);
});

afterAll(async () => {
  dashboard.kill('SIGTERM');
  const { code } = await dashboard.ended;
  await redis.stop();
  await scratch.remove();
  expect(code).toBe(0);
});

async function ask<T>(what: string): Promise<T> {
  return (await (await fetch(address + what)).json()) as T;
}

interface Roll {
  readonly universe: number;
  readonly drones: readonly string[];
  readonly health: string;
  readonly heat: readonly { readonly cells: string }[];
}

it('is read anew: the pages, their JSON and Bull Board have its drones and no others', async () => {
  const flags = ['--redis', redis.url, '--fleet', path];
  await muster(['tick', ...flags, '--with-worker', '--on', 'lab2', '--', 'true']);
  const before = await ask<Roll>('/api/views/roll');
  expect([before.drones, before.heat]).toMatchObject([['lab1', 'lab2'], [{ cells: ' o' }]]);

  await writeFile(path, fleetOf('{ lab2: {}, lab3: { site: oslo }, edge1: { transport: agent } }'));
  // The twin says what the command says.
  const { stdout } = await muster(['fleet', ...flags, '--json']);
  expect(await ask('/api/fleet')).toEqual(JSON.parse(stdout));
  const after = await ask<Roll>('/api/views/roll');
  expect(after).toMatchObject({
    drones: ['lab2', 'lab3', 'edge1'],
    health: 'uuu',
    heat: [{ cells: 'o  ' }],
  });
  expect(after.universe).toBeGreaterThan(before.universe);
  const { queues } = await ask<{ queues: { name: string }[] }>('/queues/api/queues');
  const names = queues.map(({ name }) => name).sort();
  expect(names).toEqual(['drone.edge1', 'site.default', 'site.oslo', 'ticks']);

  // What it does not have, and a recent tick has, stands behind.
  await writeFile(path, fleetOf('{ lab3: {} }'));
  expect((await ask<Roll>('/api/views/roll')).drones).toEqual(['lab3', 'lab2']);
});

it('that cannot be used is a warning, and what it said before stays', async () => {
  const { drones } = await ask<Roll>('/api/views/roll');
  await writeFile(path, 'version: 1\ndrones: { "lab[1-": {} }\n');
  expect((await ask<Roll>('/api/views/roll')).drones).toEqual(drones);
  expect(
    await dashboard.logged('the fleet file cannot be used: what it said before stays'),
  ).toEqual(expect.objectContaining({ level: 40 }));
  await writeFile(path, fleetOf('{ lab9: {} }'));
  await until('it is read', async () => {
    return (await ask<Roll>('/api/views/roll')).drones[0] === 'lab9';
  });
});
