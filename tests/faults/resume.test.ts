/** Behaviour 46: a restarted scheduler adopts the tick of the one that was killed. */
import { DroneTaskQueue, loadFleet, TickFailedError, TickInFlightError } from '@muster/producer';
import { FaultLab, until } from '@muster/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

let lab: FaultLab;
let queue: DroneTaskQueue | undefined;

beforeEach(async () => {
  lab = await FaultLab.start();
  await lab.startServices();
});
afterEach(async () => {
  await queue?.close();
  queue = undefined;
  await lab.stop();
});

async function openQueue(): Promise<DroneTaskQueue> {
  queue = await DroneTaskQueue.open({
    name: 'nightly',
    fleet: await loadFleet(lab.fleetFile),
    redis: lab.redisUrl,
  });
  return queue;
}

async function underWay(): Promise<void> {
  await until('the tick runs', async () => (await lab.starts('nightly-1')).size >= 5, 20_000);
}

it('behaviour 46: the running tick of a killed producer is adopted, and its results are had once', async () => {
  const producer = await lab.startTick({ lane: 'nightly', deadline: 30, callSeconds: 2 });
  await underWay();
  producer.kill('SIGKILL');
  const adopter = await openQueue();
  expect(await adopter.resume()).toBe('nightly-1');
  const results = await adopter.getResults();
  expect(results.size).toBe(20);
  expect(await adopter.getResults()).toEqual(new Map());
  expect(await adopter.execute([])).toEqual(new Map());
});

it('behaviour 46: an uncollected failure of a killed producer is adopted with all it knows', async () => {
  const producer = await lab.startTick({ lane: 'nightly', deadline: 5, callSeconds: 30 });
  await underWay();
  producer.kill('SIGKILL');
  const adopter = await openQueue();
  expect(await adopter.resume()).toBe('nightly-1');
  const error = await adopter.getResults().catch((caught: unknown) => caught);
  if (!(error instanceof TickFailedError)) throw error;
  expect(error.results.size).toBeGreaterThanOrEqual(5);
  expect(error.failures.size + error.results.size).toBe(20);
});

it('a living producer keeps its lane; a lane without a tick gives null', async () => {
  const adopter = await openQueue();
  expect(await adopter.resume()).toBeNull();
  const producer = await lab.startTick({ lane: 'nightly', deadline: 60, callSeconds: 30 });
  await underWay();
  await expect(adopter.resume()).rejects.toThrow(TickInFlightError);
  producer.kill('SIGINT');
  expect((await producer.ended).code).toBe(130);
});
