/** What many jobs at a time leave in Redis is what BullMQ's own scripts leave there, one job at a time. */
import { startTestRedis, type TestRedis } from '@muster/testing';
import { FlowProducer, Queue, Worker, type Job } from 'bullmq';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { addJobs, CHILD_OPTIONS, removeJobs } from '../src/index.js';
import { exchangeJobs, type TakenJob } from '../src/exchange-jobs.js';

let redis: TestRedis;
let closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
});
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
  await redis.clear();
});
afterAll(() => redis.stop());

const LOCK_MS = 5_000;
const PARENT = 'tick-1';
const JOBS = Array.from({ length: 5 }, (_, index) => {
  const id = `job-${String(index)}`;
  return { id, name: `lane/${id}`, data: { drone: id, text: 'ü "quoted" \\' } };
});

/** Two who do the same in one Redis: ours, and BullMQ's. */
async function openBoth() {
  const queue = 'site';
  const options = (prefix: string) => ({ connection: redis.client, prefix });
  for (const prefix of ['{ours}', '{theirs}']) {
    const flow = new FlowProducer(options(prefix));
    const gate = { name: 'gate', queueName: 'gates', opts: { ...CHILD_OPTIONS, jobId: PARENT } };
    const parent = { name: 'lane', queueName: 'ticks', data: {}, opts: { jobId: PARENT } };
    await flow.add({ ...parent, children: [gate] });
    await flow.close();
  }
  const store = { redis: redis.client, prefix: '{ours}' };
  let exchanges = 0;
  const exchange = async (most: number, ended: readonly TakenJob[] = []) => {
    exchanges += 1;
    return exchangeJobs(store, {
      queue,
      worker: 'host:1',
      lockMs: LOCK_MS,
      ended: ended.map((job) => ({ job, value: 'ok' })),
      most,
      token: `ours:${String(exchanges)}`,
    });
  };
  const theirs = new Queue(queue, options('{theirs}'));
  const worker = new Worker(queue, null, {
    ...options('{theirs}'),
    name: 'host:1',
    autorun: false,
    lockDuration: LOCK_MS,
  });
  closing.push(
    () => worker.close(),
    () => theirs.close(),
  );
  await worker.waitUntilReady();
  return {
    ours: {
      add: (jobs: typeof JOBS) => addJobs(store, { queue: 'ticks', id: PARENT }, [{ queue, jobs }]),
      take: async (most: number) => (await exchange(most)).jobs,
      finish: async (jobs: readonly TakenJob[]) => (await exchange(0, jobs)).left,
      remove: (ids: string[]) =>
        removeJobs(store, { queue: 'ticks', id: PARENT }, [{ queue, ids }]),
    },
    theirs: {
      add: (jobs: typeof JOBS) =>
        theirs.addBulk(
          jobs.map(({ id, name, data }) => {
            const parent = { id: PARENT, queue: '{theirs}:ticks' };
            return { name, data, opts: { ...CHILD_OPTIONS, jobId: id, parent } };
          }),
        ),
      take: async (most: number) => {
        const jobs: (Job | undefined)[] = [];
        for (let nth = 0; nth < most; nth += 1)
          jobs.push(await worker.getNextJob(`theirs:${String(nth)}`, { block: false }));
        return jobs.flatMap((job) => job ?? []);
      },
      finish: async (jobs: readonly Job[]) => {
        for (const job of jobs) await job.moveToCompleted('ok', job.token ?? '', false);
      },
      remove: async (ids: string[]) => {
        for (const id of ids) await theirs.remove(id);
      },
    },
    openGate: async () => {
      for (const prefix of ['{ours}', '{theirs}']) {
        const gates = new Queue('gates', options(prefix));
        await gates.remove(PARENT);
        await gates.close();
      }
    },
  };
}

/** All that lies below a prefix, without what differs from one run to the next. */
async function picture(prefix: string): Promise<Record<string, unknown>> {
  const shown: Record<string, unknown> = {};
  const all = await redis.client.keys(`${prefix}:*`);
  for (const key of all.sort()) {
    // Events of the jobs themselves are left out, and who looks for jobs is told so only while there are some.
    if (key.endsWith(':site:events') || key.endsWith(':site:marker')) continue;
    if (key.endsWith(':site:meta') || key.endsWith(':stalled-check')) continue;
    shown[key.slice(prefix.length)] = await content(key, prefix);
  }
  return shown;
}

async function content(key: string, prefix: string): Promise<unknown> {
  const { client } = redis;
  const plain = (text: string) => text.replaceAll(prefix, '{}');
  switch (await client.type(key)) {
    case 'hash': {
      const hash = await client.hgetall(key);
      return Object.entries(hash)
        .map(([field, text]) => {
          if (field === 'timestamp' || field === 'processedOn') return [field, 'a time'];
          if (field === 'opts' || field === 'parent')
            return [field, JSON.parse(plain(text)) as unknown];
          return [plain(field), plain(text)];
        })
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    }
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return (await client.smembers(key)).map(plain).sort();
    case 'zset':
      return client.zrange(key, '0', '-1');
    case 'string':
      return key.endsWith(':lock') ? (await client.pttl(key)) > 0 : client.get(key);
    case 'stream':
      return (await client.xrange(key, '-', '+')).map(([, fields]) => fields.map(plain));
    case 'none':
      return undefined;
    default:
      throw new Error(`what is ${key}?`);
  }
}

async function expectTheSame(what: string): Promise<void> {
  const [ours, theirs] = await Promise.all([picture('{ours}'), picture('{theirs}')]);
  expect(ours, what).toEqual(theirs);
}

it('adds, takes and ends jobs as BullMQ does, up to the parent that can run', async () => {
  const { ours, theirs, openGate } = await openBoth();
  await expectTheSame('before');
  await Promise.all([ours.add(JOBS), theirs.add(JOBS)]);
  await expectTheSame('five are added');
  const first = { ours: await ours.take(2), theirs: await theirs.take(2) };
  expect(first.ours.map(({ id, data }) => ({ id, data }))).toEqual(
    first.theirs.map(({ id, data }) => ({ id, data: data as unknown })),
  );
  await expectTheSame('two are taken');
  await ours.finish(first.ours.slice(0, 1));
  await theirs.finish(first.theirs.slice(0, 1));
  await expectTheSame('one has ended');
  await openGate();
  const rest = { ours: await ours.take(9), theirs: await theirs.take(9) };
  expect(rest.ours.map(({ id }) => id)).toEqual(['job-2', 'job-3', 'job-4']);
  await expectTheSame('all are taken');
  for (const prefix of ['{ours}', '{theirs}'])
    await redis.client.sadd(`${prefix}:site:stalled`, 'job-2', 'job-9');
  expect(await ours.finish([...first.ours.slice(1), ...rest.ours])).toEqual([]);
  await theirs.finish([...first.theirs.slice(1), ...rest.theirs]);
  await expectTheSame('all have ended');
  expect(await redis.client.lrange('{ours}:ticks:wait', 0, -1)).toEqual([PARENT]);
  expect(await redis.client.hlen(`{ours}:ticks:${PARENT}:processed`)).toBe(JOBS.length);
});

it('opens the gate after the last job as BullMQ does', async () => {
  const { ours, theirs, openGate } = await openBoth();
  await Promise.all([ours.add(JOBS), theirs.add(JOBS)]);
  await ours.finish(await ours.take(5));
  await theirs.finish(await theirs.take(5));
  await expectTheSame('the gate is left');
  expect(await redis.client.llen('{ours}:ticks:wait')).toBe(0);
  await openGate();
  await expectTheSame('the gate is open');
  expect(await redis.client.llen('{ours}:ticks:wait')).toBe(1);
});

it('removes jobs that wait as BullMQ does, up to the parent that can run', async () => {
  const { ours, theirs, openGate } = await openBoth();
  await Promise.all([ours.add(JOBS), theirs.add(JOBS)]);
  const taken = { ours: await ours.take(1), theirs: await theirs.take(1) };
  await openGate();
  expect([...(await ours.remove(['job-4', 'job-2', 'no-job']))]).toEqual([]);
  await theirs.remove(['job-4', 'job-2', 'no-job']);
  await expectTheSame('two are removed');
  await ours.finish(taken.ours);
  await theirs.finish(taken.theirs);
  await ours.remove(['job-3', 'job-1']);
  await theirs.remove(['job-3', 'job-1']);
  await expectTheSame('all are gone');
  expect(await redis.client.llen('{ours}:ticks:wait')).toBe(1);
});

it('leaves to BullMQ to remove what a taker holds', async () => {
  const { ours } = await openBoth();
  await ours.add(JOBS);
  const [taken] = await ours.take(1);
  const before = await picture('{ours}');
  expect([...(await ours.remove([taken?.id ?? '']))]).toEqual([taken?.id]);
  expect(await picture('{ours}')).toEqual(before);
});

it('leaves jobs alone that are sent a second time', async () => {
  const { ours } = await openBoth();
  await ours.add(JOBS);
  const [taken] = await ours.take(1);
  await ours.add(JOBS);
  expect(await redis.client.lrange('{ours}:site:wait', 0, -1)).toEqual([
    'job-4',
    'job-3',
    'job-2',
    'job-1',
  ]);
  expect(await redis.client.lrange('{ours}:site:active', 0, -1)).toEqual([taken?.id]);
});

it('adds nothing where the parent is gone', async () => {
  const { ours } = await openBoth();
  await redis.client.del(`{ours}:ticks:${PARENT}`);
  await ours.add(JOBS);
  expect(await redis.client.keys('{ours}:site:*')).toEqual([]);
});

it('does not end a job that another holds by now, nor one that is gone', async () => {
  const { ours } = await openBoth();
  await ours.add(JOBS);
  const [first, second, third] = await ours.take(3);
  if (first === undefined || second === undefined || third === undefined) throw new Error('three');
  await redis.client.set(`{ours}:site:${first.id}:lock`, 'another');
  await redis.client.del(`{ours}:site:${second.id}:lock`);
  const before = await picture('{ours}');
  const left = await ours.finish([first, second]);
  expect(left.map(({ job }) => job.id)).toEqual([first.id, second.id]);
  expect(await picture('{ours}')).toEqual(before);
  expect(await ours.finish([first, third])).toHaveLength(1);
  expect((await ours.finish([third])).map(({ job }) => job.id)).toEqual([third.id]);
});

it('answers nobody whose parent does not wait for the job any more', async () => {
  const { ours } = await openBoth();
  await ours.add(JOBS);
  const taken = await ours.take(2);
  const children = `{ours}:ticks:${PARENT}:dependencies`;
  await redis.client.srem(children, `{ours}:site:${taken[0]?.id ?? ''}`);
  expect(await ours.finish(taken)).toEqual([]);
  expect(await redis.client.hkeys(`{ours}:ticks:${PARENT}:processed`)).toEqual([
    `{ours}:site:${taken[1]?.id ?? ''}`,
  ]);
});

it('takes nothing from a paused queue, and wakes nobody for it', async () => {
  const { ours } = await openBoth();
  await ours.add(JOBS);
  await redis.client.del('{ours}:site:marker');
  await redis.client.hset('{ours}:site:meta', 'paused', '1');
  const before = await picture('{ours}');
  expect(await ours.take(2)).toEqual([]);
  expect(await ours.take(0)).toEqual([]);
  expect(await picture('{ours}')).toEqual(before);
  expect(await redis.client.exists('{ours}:site:marker')).toBe(0);
});

it('says that somebody may come as long as there are jobs, and only then', async () => {
  const { ours } = await openBoth();
  const marker = () => redis.client.exists('{ours}:site:marker');
  await ours.add(JOBS);
  expect(await marker()).toBe(1);
  await redis.client.del('{ours}:site:marker');
  await ours.take(3);
  expect(await marker()).toBe(1);
  await redis.client.del('{ours}:site:marker');
  await ours.take(0);
  expect(await marker()).toBe(1);
  await redis.client.del('{ours}:site:marker');
  await ours.take(3);
  expect(await marker()).toBe(0);
});

it('says it to another when one job is due later, unless it waits for that itself', async () => {
  const { ours } = await openBoth();
  const marker = () => redis.client.zrange('{ours}:site:marker', '0', '-1');
  await redis.client.zadd('{ours}:site:delayed', (Date.now() + 60_000) * 4_096, 'later');
  await ours.take(0);
  expect(await marker()).toEqual(['1']);
  await redis.client.del('{ours}:site:marker');
  await ours.take(1);
  expect(await marker()).toEqual([]);
});
