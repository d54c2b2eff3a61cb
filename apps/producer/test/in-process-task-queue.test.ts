import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeGate, scratchDir } from '@muster/testing';
import { expect, it, onTestFinished } from 'vitest';
import { InProcessTaskQueue, loadFleet, TickFailedError } from '../src/index.js';
import { describeTaskQueue, OWN_METHODS } from './task-queue.suite.js';

describeTaskQueue('InProcessTaskQueue', (fleet, { name = 'suite', ...options } = {}) =>
  InProcessTaskQueue.open({ name, fleet, methods: OWN_METHODS, ...options }),
);

it('a tick ends nothing of another installation, whose tick and drones have the same names', async () => {
  const [dir, gate] = await Promise.all([scratchDir(), makeGate()]);
  onTestFinished(async () => {
    await gate.remove();
    await dir.remove();
  });
  const text = 'version: 1\ndefaults: { transport: local }\ndrones: { box1: {} }\n';
  const file = await dir.write('fleet.yaml', text);
  const start = async (args: Record<string, unknown>) => {
    const fleet = await loadFleet(file);
    const queue = await InProcessTaskQueue.open({ name: 'twin', fleet });
    onTestFinished(() => queue.close());
    const drones = fleet.select('*');
    for (const drone of drones) drone.queueCall('exec', args);
    await queue.execute(drones, { wait: false });
    return { queue, drones };
  };
  const ours = await start({ argv: gate.argv });
  const pid = join(dir.path, 'pid');
  const theirs = await start({ shell: `echo $$ >'${pid}'; exec sleep 600` });
  await gate.entered();
  await expect.poll(() => readFile(pid, 'utf8').catch(() => '')).toMatch(/^\d+\n$/);
  await theirs.queue.cancel('not ours');
  await expect(theirs.queue.getResults()).rejects.toThrow(TickFailedError);
  await gate.open();
  const results = await ours.queue.getResults();
  expect([...results.values()]).toMatchObject([[{ exitCode: 0, stdout: 'through\n' }]]);
});
