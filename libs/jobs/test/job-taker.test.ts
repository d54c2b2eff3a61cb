import { startTestRedis, until, type TestRedis } from '@muster/testing';
import { FlowProducer, Queue, Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { addJobs, CHILD_OPTIONS, JobTaker, type JobTakerSettings } from '../src/index.js';

const PREFIX = '{test}';

let redis: TestRedis;
let queue: Queue;
let closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
});
beforeEach(() => {
  queue = new Queue('site', { connection: redis.client, prefix: PREFIX });
  closing.push(() => queue.close());
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
  await redis.clear();
});
afterAll(() => redis.stop());

/** A parent's jobs, `job-0` and so on. */
async function send(count: number, id = 'parent'): Promise<void> {
  const flow = new FlowProducer({ connection: redis.client, prefix: PREFIX });
  const gate = { name: 'gate', queueName: 'gates', opts: { ...CHILD_OPTIONS, jobId: id } };
  await flow.add({ name: 'lane', queueName: 'ticks', opts: { jobId: id }, children: [gate] });
  const store = { redis: redis.client, prefix: PREFIX };
  const jobs = Array.from({ length: count }, (_, index) => {
    return { id: `job-${String(index)}`, name: 'job', data: { index } };
  });
  const odd = await addJobs(store, { queue: 'ticks', id }, [{ queue: 'site', jobs }]);
  for (const piece of odd) {
    const parent = { id, queue: `${PREFIX}:ticks` };
    await queue.addBulk(
      piece.jobs.map((job) => ({
        name: job.name,
        data: job.data,
        opts: { ...CHILD_OPTIONS, jobId: job.id, parent },
      })),
    );
  }
  const gates = new Queue('gates', { connection: redis.client, prefix: PREFIX });
  await gates.remove(id);
  await gates.close();
  await flow.close();
}

interface Lab {
  readonly taker: JobTaker;
  readonly worked: string[];
  readonly failed: string[];
  readonly troubles: string[];
  /** Most jobs that were ever in hand at once. */
  readonly most: () => number;
}

async function startTaker(
  places: number,
  work: JobTakerSettings['work'] = () => Promise.resolve({ kind: 'done', value: 'ok' }),
): Promise<Lab> {
  const worked: string[] = [];
  const failed: string[] = [];
  const troubles: string[] = [];
  let held = 0;
  let most = 0;
  const taker = new JobTaker({
    store: { redis: redis.client, prefix: PREFIX },
    queue: 'site',
    worker: 'host:1',
    places,
    work: async (job) => {
      held += 1;
      most = Math.max(most, held);
      try {
        worked.push(job.id);
        return await work(job);
      } finally {
        held -= 1;
      }
    },
    onFailed: ({ id }) => failed.push(id),
    onTrouble: ({ message }) => troubles.push(message),
  });
  await taker.start();
  closing.push(() => taker.close());
  return { taker, worked, failed, troubles, most: () => most };
}

const parentWaits = async () => (await redis.client.llen(`${PREFIX}:ticks:wait`)) === 1;

/** Work that goes on until it is let go. */
function heldBack() {
  let letGo: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const work = async () => {
    await gone;
    return { kind: 'done', value: 'ok' } as const;
  };
  return { work, letGo };
}

it('takes every job once, ends it with what it returned, and lets the parent run', async () => {
  const lab = await startTaker(20, ({ id }) => Promise.resolve({ kind: 'done', value: `${id}!` }));
  await send(500);
  await until('the parent can run', parentWaits);
  expect(lab.worked).toHaveLength(500);
  expect(new Set(lab.worked).size).toBe(500);
  const results = await redis.client.hgetall(`${PREFIX}:ticks:parent:processed`);
  expect(results[`${PREFIX}:site:job-7`]).toBe('"job-7!"');
  expect(Object.keys(results)).toHaveLength(500);
  expect(await queue.getJobCounts()).toMatchObject({ waiting: 0, active: 0, completed: 0 });
  expect(lab.troubles).toEqual([]);
});

it('takes jobs that were there before it came', async () => {
  await send(3);
  await startTaker(20);
  await until('the parent can run', parentWaits);
});

it('never has more jobs in hand than it has places', async () => {
  const { work, letGo } = heldBack();
  const lab = await startTaker(3, work);
  await send(10);
  await until('all places are taken', () => lab.worked.length === 3);
  expect(await queue.getJobCounts('waiting', 'active')).toEqual({ waiting: 7, active: 3 });
  letGo();
  await until('the parent can run', parentWaits);
  expect(lab.most()).toBe(3);
});

it('leaves to another taker what it has no place for', async () => {
  const first = heldBack();
  const full = await startTaker(1, first.work);
  await send(2);
  await until('one has a job', () => full.worked.length === 1);
  const second = await startTaker(1);
  await until('the other has the other', () => second.worked.length === 1);
  expect(second.worked).not.toEqual(full.worked);
  first.letGo();
  await until('the parent can run', parentWaits);
});

it('delivers a job again after the time that its work asks for', async () => {
  let begun = 0;
  const lab = await startTaker(5, () => {
    begun += 1;
    return Promise.resolve(
      begun < 3 ? { kind: 'again', afterMs: 20 } : { kind: 'done', value: '' },
    );
  });
  await send(1);
  await until('the parent can run', parentWaits);
  expect(lab.worked).toEqual(['job-0', 'job-0', 'job-0']);
  expect(lab.troubles).toEqual([]);
});

it('delivers a job again by the clock of Redis, whatever its own says', async () => {
  for (const aheadMs of [3_600_000, -3_600_000]) {
    const real = Date.now;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + aheadMs);
    onTestFinished(() => {
      clock.mockRestore();
    });
    const times: number[] = [];
    const lab = await startTaker(5, () => {
      times.push(performance.now());
      return Promise.resolve(
        times.length < 2 ? { kind: 'again', afterMs: 50 } : { kind: 'done', value: '' },
      );
    });
    await send(1, `parent${String(aheadMs)}`);
    const waiting = async () => (await redis.client.llen(`${PREFIX}:ticks:wait`)) > 0;
    await until('the parent can run', waiting);
    const [first = 0, second = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(49);
    await lab.taker.close();
    await redis.client.del(`${PREFIX}:ticks:wait`);
    clock.mockRestore();
  }
});

it('fails a job whose work throws, and lets the parent run all the same', async () => {
  const lab = await startTaker(5, ({ id }) =>
    id === 'job-1'
      ? Promise.reject(new Error('a bug'))
      : Promise.resolve({ kind: 'done', value: '' }),
  );
  await send(3);
  await until('the parent can run', parentWaits);
  expect(lab.failed).toEqual(['job-1']);
  const why = await redis.client.hgetall(`${PREFIX}:ticks:parent:failed`);
  expect(why).toEqual({ [`${PREFIX}:site:job-1`]: 'a bug' });
});

it('fails a job that BullMQ has given up, and no other', async () => {
  await queue.pause();
  await send(3);
  await redis.client.hset(`${PREFIX}:site:job-1`, 'defa', 'stalled too often');
  await queue.resume();
  const lab = await startTaker(5);
  await until('the parent can run', parentWaits);
  expect(lab.failed).toEqual(['job-1']);
  expect(lab.worked.sort()).toEqual(['job-0', 'job-2']);
  const why = await redis.client.hgetall(`${PREFIX}:ticks:parent:failed`);
  expect(why).toEqual({ [`${PREFIX}:site:job-1`]: 'stalled too often' });
});

it('takes nothing from a paused queue, and all once it goes on', async () => {
  await queue.pause();
  const lab = await startTaker(5);
  await send(20);
  expect(await queue.getJobCounts('waiting', 'active')).toEqual({ waiting: 20, active: 0 });
  expect(lab.worked).toEqual([]);
  await queue.resume();
  await until('the parent can run', parentWaits);
});

it('keeps to a limit for the queue that all takers share', async () => {
  await queue.setGlobalConcurrency(2);
  let active = 0;
  let most = 0;
  const work = async () => {
    active += 1;
    most = Math.max(most, active);
    await new Promise(setImmediate);
    active -= 1;
    return { kind: 'done', value: 'ok' } as const;
  };
  await startTaker(10, work);
  await startTaker(10, work);
  await send(30);
  await until('the parent can run', parentWaits);
  expect(most).toBeLessThanOrEqual(2);
});

it('takes what a rate allows, as soon as it allows it', async () => {
  await queue.setGlobalRateLimit(5, 20);
  const lab = await startTaker(10);
  await send(30);
  await until('the parent can run', parentWaits);
  expect(lab.worked).toHaveLength(30);
});

it('takes jobs with priorities as well', async () => {
  await queue.add('job', {}, { ...CHILD_OPTIONS, jobId: 'important', priority: 3 });
  const lab = await startTaker(5);
  await until('it is done', async () => (await queue.getJob('important')) === undefined);
  expect(lab.worked).toEqual(['important']);
  expect(lab.troubles).toEqual([]);
});

it('leaves a job to the taker that has it by now', async () => {
  const { work, letGo } = heldBack();
  const lab = await startTaker(5, work);
  await send(1);
  await until('it has the job', () => lab.worked.length === 1);
  await redis.client.set(`${PREFIX}:site:job-0:lock`, 'another');
  letGo();
  await until('it is told', () => lab.troubles.length === 1);
  expect(lab.troubles[0]).toContain('Lock mismatch for job job-0');
  expect(await queue.getJobCounts('active')).toEqual({ active: 1 });
  expect(await parentWaits()).toBe(false);
});

it('shares a queue with a worker of BullMQ', async () => {
  const theirs: string[] = [];
  const worker = new Worker(
    'site',
    (job) => {
      theirs.push(job.id ?? '');
      return Promise.resolve('ok');
    },
    { connection: redis.client, prefix: PREFIX, concurrency: 3 },
  );
  closing.push(() => worker.close());
  await worker.waitUntilReady();
  const ours = await startTaker(3);
  await send(200);
  await until('the parent can run', parentWaits);
  expect([...ours.worked, ...theirs]).toHaveLength(200);
  expect(new Set([...ours.worked, ...theirs]).size).toBe(200);
});

it('is not woken any more once it leaves: that is for others', async () => {
  const blocked = async () =>
    /blocked_clients:(\d+)/.exec(await redis.client.info('clients'))?.[1] ?? '';
  const { work, letGo } = heldBack();
  const leaving = await startTaker(2, work);
  await send(1);
  await until('it has a job, and waits for another', async () => {
    return leaving.worked.length === 1 && (await blocked()) === '1';
  });
  const closed = leaving.taker.close();
  // It waits for 5 s at a time.
  await until('it does not wait any more', async () => (await blocked()) === '0', 3_000);
  letGo();
  await closed;
});

it('leaves once what it has in hand has ended, and takes no more', async () => {
  const { work, letGo } = heldBack();
  const lab = await startTaker(2, work);
  await send(5);
  await until('it has two', () => lab.worked.length === 2);
  const closed = lab.taker.close();
  letGo();
  await closed;
  expect(lab.worked).toHaveLength(2);
  expect(await queue.getJobCounts('waiting', 'active')).toEqual({ waiting: 3, active: 0 });
  expect(await redis.client.hlen(`${PREFIX}:ticks:parent:processed`)).toBe(2);
});
