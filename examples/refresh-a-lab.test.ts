/** The example does what it says, and so does the rest of the library, on a real Redis and worker. */
import { fileURLToPath } from 'node:url';
import {
  DroneTaskQueue,
  DuplicateDroneError,
  InvalidInputError,
  loadFleet,
  TickFailedError,
  TickInFlightError,
  UncollectedResultsError,
  type Drone,
  type DroneFleet,
} from '@muster/producer';
import { makeGate, startMuster, startTestRedis } from '@muster/testing';
import type { MusterProcess, TestRedis } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { refreshLab } from './refresh-a-lab.js';

const FLEET = fileURLToPath(new URL('fleet.yaml', import.meta.url));

let redis: TestRedis;
let fleet: DroneFleet;
const services: MusterProcess[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
  services.push(
    startMuster(['combiner', '--redis', redis.url]),
    startMuster(['worker', '--redis', redis.url, '--fleet', FLEET]),
  );
  fleet = await loadFleet(FLEET);
  await Promise.all(services.map((service) => service.logged('ready')));
});

afterAll(async () => {
  for (const service of services) {
    service.kill('SIGTERM');
    await service.ended;
  }
  await redis.stop();
});

async function openQueue(name: string): Promise<DroneTaskQueue> {
  const queue = await DroneTaskQueue.open({ name, fleet, redis: redis.url, deadlineMs: 30_000 });
  onTestFinished(() => queue.close());
  return queue;
}

/** Drones of the lab, with nothing queued. */
function select(expression: string): Drone[] {
  const drones = fleet.select(expression);
  for (const drone of drones) drone.clearCallQueue();
  return drones;
}

function said(results: readonly unknown[] | undefined): string[] | undefined {
  return results?.map((result) => (result as { stdout: string }).stdout.trim());
}

describe('the example', () => {
  it('gives the results of every drone of the lab', async () => {
    const results = await refreshLab(redis.url, FLEET);
    const names = Array.from({ length: 12 }, (_, index) => {
      return `lab${String(index + 1).padStart(2, '0')}`;
    });
    expect([...results.keys()]).toEqual(names);
    for (const [, calls] of results) {
      expect(calls).toMatchObject([
        { exitCode: 0, stdout: expect.stringMatching(/^\S+\n$/) as string },
      ]);
    }
  });
});

describe('the library', () => {
  it('gives a map from drone to results, aligned with the calls', async () => {
    const queue = await openQueue('results');
    const [first, second, idle] = select('lab[01-03]');
    if (!first || !second || !idle) throw new Error('the example fleet has no lab[01-03]');
    expect(first.hostname).toBe('lab01');
    first.queueCall('exec', { argv: ['echo', 'one'] });
    first.queueCall('exec', { argv: ['echo', 'two'] });
    second.queueCall('exec', { shell: 'echo $MUSTER_DRONE' });
    expect(first.getCalls()).toMatchObject([
      { method: 'exec', args: { argv: ['echo', 'one'] } },
      { method: 'exec', args: { argv: ['echo', 'two'] } },
    ]);

    const results = await queue.execute([first, second, idle]);
    expect([...results.keys()]).toEqual([first, second]);
    expect(said(results.get(first))).toEqual(['one', 'two']);
    expect(said(results.get(second))).toEqual(['lab02']);
    expect(first.getCalls()).toEqual([]);
    // It was collected, so that nothing stands in the way of the next one.
    expect(await queue.getResults()).toEqual(new Map());
    expect(await queue.execute([idle])).toEqual(new Map());
  });

  it('wait: false gives null; the results are had once, and only then comes the next tick', async () => {
    const queue = await openQueue('later');
    const gate = await makeGate();
    onTestFinished(() => gate.remove());
    const drones = select('lab01');
    for (const drone of drones) drone.queueCall('exec', { argv: [...gate.argv] });

    expect(await queue.execute(drones, { wait: false })).toBeNull();
    await gate.entered();
    const running = queue.execute(drones);
    await expect(running).rejects.toThrow(TickInFlightError);
    await expect(running).rejects.toMatchObject({
      code: 'MUSTER_TICK_IN_FLIGHT',
      message: expect.stringContaining('later-1') as string,
    });
    await expect(queue.discard()).rejects.toThrow(TickInFlightError);
    // The lane is taken for every producer, not for this object alone.
    const other = await openQueue('later');
    for (const drone of drones) drone.queueCall('ping');
    await expect(other.execute(drones)).rejects.toThrow(TickInFlightError);

    await gate.open();
    await queue.waitOnDrones();
    const uncollected = queue.execute([]);
    await expect(uncollected).rejects.toThrow(UncollectedResultsError);
    await expect(uncollected).rejects.toMatchObject({
      code: 'MUSTER_UNCOLLECTED_RESULTS',
      message: expect.stringMatching(/getResults.*discard/) as string,
    });
    await expect(other.execute(drones)).rejects.toThrow(UncollectedResultsError);

    const results = await queue.getResults();
    expect([...results].map(([drone, calls]) => [drone.hostname, said(calls)])).toEqual([
      ['lab01', ['through']],
    ]);
    expect(await queue.getResults()).toEqual(new Map());
    await queue.waitOnDrones();
    for (const drone of drones) drone.clearCallQueue();
    for (const drone of drones) drone.queueCall('ping');
    expect((await other.execute(drones)).size).toBe(1);
  });

  it('discard drops the results, and the lane is free', async () => {
    const queue = await openQueue('dropped');
    const drones = select('lab[01-02]');
    for (const drone of drones) drone.queueCall('ping');
    await queue.execute(drones, { wait: false });
    await queue.waitOnDrones();
    await queue.discard();
    expect(await queue.getResults()).toEqual(new Map());
    await queue.discard();
    for (const drone of drones) drone.queueCall('ping');
    expect((await queue.execute(drones)).size).toBe(2);
    expect(queue.lastRecord?.tick).toBe('dropped-2');
  });

  it('a failed tick throws one error with failures, results and record, and leaves nothing', async () => {
    const queue = await openQueue('failing');
    const drones = select('lab[01-04]');
    for (const drone of drones) {
      drone.queueCall('exec', { shell: 'case $MUSTER_DRONE in lab0[23]) exit 5;; esac; echo ok' });
      drone.queueCall('ping');
    }
    const [first, second, third, fourth] = drones;
    if (!first || !second || !third || !fourth) throw new Error('fewer than 4 drones');
    const error: unknown = await queue.execute(drones).catch((thrown: unknown) => thrown);
    if (!(error instanceof TickFailedError)) throw new Error('expected a TickFailedError');

    expect(error.code).toBe('MUSTER_TICK_FAILED');
    const [line, ...lines] = error.message.split('\n');
    expect(line).toMatch(/^2 of 4 drones failed: lab\[02-03\] call_failed \(.*exit 5\)$/);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/lab02.*exit 5/);
    expect(lines[1]).toMatch(/lab03.*exit 5/);
    expect([...error.failures.keys()]).toEqual([second, third]);
    expect(error.failures.get(second)).toMatchObject({ outcome: 'call_failed', call: 0 });
    expect([...error.results.keys()]).toEqual([first, fourth]);
    expect(error.results.get(fourth)).toMatchObject([{ stdout: 'ok\n' }, {}]);
    expect(error.record).toMatchObject({
      tick: 'failing-1',
      status: 'failed',
      counts: { ok: 2, call_failed: 2 },
    });
    // The good drones' calls are done; the bad ones keep theirs until somebody clears them.
    expect(drones.map((drone) => drone.getCalls().length)).toEqual([0, 2, 2, 0]);

    for (const drone of drones) drone.clearCallQueue();
    for (const drone of drones) drone.queueCall('ping');
    expect((await queue.execute(drones)).size).toBe(4);
  });

  it('refuses a drone that stands twice, and calls that do not fit, before anything is enqueued', async () => {
    const queue = await openQueue('strict');
    const [drone] = select('lab01');
    if (drone === undefined) throw new Error('the example fleet has no lab01');
    drone.queueCall('ping');
    const twice = queue.execute([drone, drone]);
    await expect(twice).rejects.toThrow(DuplicateDroneError);
    await expect(twice).rejects.toMatchObject({
      code: 'MUSTER_DUPLICATE_DRONE',
      message: expect.stringContaining('lab01') as string,
    });
    drone.queueCall('exec', { argv: 'ls' });
    await expect(queue.execute([drone])).rejects.toThrow(InvalidInputError);
    expect(await redis.client.keys('*strict*')).toEqual([]);
  });

  it('cancel ends the tick that runs; its outcome is had as ever', async () => {
    const queue = await openQueue('cancelled');
    const gate = await makeGate();
    onTestFinished(() => gate.remove());
    const drones = select('lab01');
    for (const drone of drones) drone.queueCall('exec', { argv: [...gate.argv] });
    await queue.execute(drones, { wait: false });
    await gate.entered();
    await queue.cancel('lunch');
    const error: unknown = await queue.getResults().catch((thrown: unknown) => thrown);
    if (!(error instanceof TickFailedError)) throw new Error('expected a TickFailedError');
    expect(error.record).toMatchObject({ status: 'cancelled', counts: { cancelled: 1 } });
    expect(error.message).toContain('lunch');
    expect(await queue.getResults()).toEqual(new Map());
  });
});
