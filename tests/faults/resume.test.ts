/** Behaviour 46: a restarted scheduler adopts the tick of the one that was killed. */
import { DroneTaskQueue, loadFleet, TickFailedError, TickInFlightError } from '@muster/producer';
import { FaultLab, newLane, until } from '@muster/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

let lab: FaultLab;
const queues: DroneTaskQueue[] = [];

beforeAll(async () => {
  lab = await FaultLab.start();
  await lab.startServices();
});
afterAll(async () => {
  for (const queue of queues) await queue.close();
  await lab.stop();
});

async function openQueue(name: string): Promise<DroneTaskQueue> {
  const fleet = await loadFleet(lab.fleetFile);
  const queue = await DroneTaskQueue.open({ name, fleet, redis: lab.redisUrl });
  queues.push(queue);
  return queue;
}

async function underWay(lane: string): Promise<void> {
  await until('the tick runs', async () => (await lab.starts(`${lane}-1`)).size >= 5, 20_000);
}

it.concurrent(
  'behaviour 46: the running tick of a killed producer is adopted, and its results are had once',
  async () => {
    const lane = newLane();
    const producer = await lab.startTick({ lane, deadline: 30, callSeconds: 2 });
    await underWay(lane);
    producer.kill('SIGKILL');
    const adopter = await openQueue(lane);
    expect(await adopter.resume()).toBe(`${lane}-1`);
    const results = await adopter.getResults();
    expect(results.size).toBe(20);
    expect(await adopter.getResults()).toEqual(new Map());
    expect(await adopter.execute([])).toEqual(new Map());
  },
);

it.concurrent(
  'behaviour 46: an uncollected failure of a killed producer is adopted with all it knows',
  async () => {
    const lane = newLane();
    const producer = await lab.startTick({ lane, deadline: 5, callSeconds: 30 });
    await underWay(lane);
    producer.kill('SIGKILL');
    const adopter = await openQueue(lane);
    expect(await adopter.resume()).toBe(`${lane}-1`);
    const error = await adopter.getResults().catch((caught: unknown) => caught);
    if (!(error instanceof TickFailedError)) throw error;
    expect(error.results.size).toBeGreaterThanOrEqual(5);
    expect(error.failures.size + error.results.size).toBe(20);
  },
);

it.concurrent('a living producer keeps its lane; a lane without a tick gives null', async () => {
  const lane = newLane();
  const adopter = await openQueue(lane);
  expect(await adopter.resume()).toBeNull();
  const producer = await lab.startTick({ lane, deadline: 60, callSeconds: 30 });
  await underWay(lane);
  await expect(adopter.resume()).rejects.toThrow(TickInFlightError);
  producer.kill('SIGINT');
  expect((await producer.ended).code).toBe(130);
});
