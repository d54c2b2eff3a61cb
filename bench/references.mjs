/**
 * What the tick is measured against: BullMQ's own flow, a Celery chord, and the fewest commands to Redis
 * that could do it. Each has a process that produces (this one) and others that work.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * @typedef {object} Reference
 * @property {(count: number) => Promise<void>} tick
 * @property {() => Promise<void>} close
 */

/**
 * BullMQ's flow as its documentation shows it.
 * @param {string} redisUrl
 * @param {number} concurrency
 * @param {(index: number) => string} [queueOf] the queue of a child
 * @param {number} [queues] how many there are
 * @returns {Promise<Reference>}
 */
export async function openBullmq(redisUrl, concurrency, queueOf = () => 'child-0', queues = 1) {
  const [{ FlowProducer, QueueEvents }, { Redis }] = await Promise.all([
    import('bullmq'),
    import('ioredis'),
  ]);
  const workers = await Promise.all([
    startProcess('bullmq-worker.mjs', redisUrl, 'child', String(concurrency), String(queues)),
    startProcess('bullmq-worker.mjs', redisUrl, 'parent', '1', '1'),
  ]);
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const listening = connection.duplicate();
  const events = new QueueEvents('reference-parent', { connection: listening });
  const flows = new FlowProducer({ connection });
  await events.waitUntilReady();
  return {
    tick: async (count) => {
      const { job } = await flows.add({
        name: 'combine',
        queueName: 'reference-parent',
        opts: { removeOnComplete: { count: 100 } },
        children: Array.from({ length: count }, (_, index) => ({
          name: 'run',
          queueName: `reference-${queueOf(index)}`,
          data: { drone: `drone${String(index + 1)}`, calls: [{ method: 'noop', args: {} }] },
          opts: { removeOnComplete: true },
        })),
      });
      const combined = await job.waitUntilFinished(events);
      if (combined !== count) throw new Error(`${combined} of ${count} children`);
    },
    close: async () => {
      await Promise.all([flows.close(), events.close()]);
      for (const one of [connection, listening]) one.disconnect();
      await Promise.all(workers.map((worker) => end(worker)));
    },
  };
}

/** Jobs in one load, and loads under way at once, as Muster has them. */
const LOAD = 100;
const LOADS = 4;

/**
 * The cheapest way there is to have a BullMQ job for each drone under one parent: a gate child holds the
 * parent open while the jobs are added with `addBulk`. None of Muster's promises: no claims, no journal, no
 * deadline, no results. By the workers that `openBullmq` has started for one queue.
 * @param {string} redisUrl
 * @returns {Promise<Reference>}
 */
export async function openGated(redisUrl) {
  const [{ FlowProducer, Queue, QueueEvents }, { Redis }] = await Promise.all([
    import('bullmq'),
    import('ioredis'),
  ]);
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const listening = connection.duplicate();
  const events = new QueueEvents('reference-parent', { connection: listening });
  const flows = new FlowProducer({ connection });
  const children = new Queue('reference-child-0', { connection });
  const gates = new Queue('reference-gates', { connection });
  await events.waitUntilReady();
  let ticks = 0;
  return {
    tick: async (count) => {
      ticks += 1;
      const id = `gated-${String(ticks)}`;
      const { job } = await flows.add({
        name: 'combine',
        queueName: 'reference-parent',
        opts: { jobId: id, removeOnComplete: { count: 100 } },
        children: [{ name: 'gate', queueName: 'reference-gates', opts: { jobId: id } }],
      });
      const opts = { removeOnComplete: true, parent: { id, queue: 'bull:reference-parent' } };
      let next = 1;
      const sendLoads = async () => {
        while (next <= count) {
          const from = next;
          next = Math.min(count + 1, from + LOAD);
          const jobs = Array.from({ length: next - from }, (_, index) => ({
            name: 'run',
            data: { drone: `drone${String(from + index)}`, calls: [{ method: 'noop', args: {} }] },
            opts,
          }));
          await children.addBulk(jobs);
        }
      };
      await Promise.all(Array.from({ length: LOADS }, sendLoads));
      await gates.remove(id);
      const combined = await job.waitUntilFinished(events);
      if (combined !== count) throw new Error(`${combined} of ${count} children`);
    },
    close: async () => {
      await Promise.all([flows.close(), children.close(), gates.close(), events.close()]);
      for (const one of [connection, listening]) one.disconnect();
    },
  };
}

/**
 * The floor: jobs pushed onto a list, taken from it by a worker in lots, results in a hash, which is
 * read when all are there. Nothing is kept safe, nothing is bounded.
 * @param {string} redisUrl
 * @returns {Promise<Reference>}
 */
export async function openBare(redisUrl) {
  const { Redis } = await import('ioredis');
  const worker = await startProcess('bare-worker.mjs', redisUrl);
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  return {
    tick: async (count) => {
      const jobs = Array.from({ length: count }, (_, index) =>
        JSON.stringify({
          drone: `drone${String(index + 1)}`,
          calls: [{ method: 'noop', args: {} }],
        }),
      );
      for (let at = 0; at < count; at += 1_000)
        void redis.rpush('bare:jobs', ...jobs.slice(at, at + 1_000));
      for (let done = 0; done < count;) done += Number((await redis.blpop('bare:done', 60))?.[1]);
      const results = await redis.hgetall('bare:results');
      await redis.del('bare:results');
      if (Object.keys(results).length !== count) throw new Error('results are missing');
    },
    close: async () => {
      redis.disconnect();
      await end(worker);
    },
  };
}

/**
 * A Celery chord, for a `python3` that has Celery and its Redis client; undefined without.
 * @param {string} redisUrl
 * @returns {Promise<Reference | undefined>}
 */
export async function openCelery(redisUrl) {
  const python = spawn('/usr/bin/python3', ['-c', 'import celery, redis'], { stdio: 'ignore' });
  const isThere = await once(python, 'exit').then(
    ([code]) => code === 0,
    () => false,
  );
  if (!isThere) return undefined;
  const env = { ...process.env, CELERY_REDIS_URL: redisUrl };
  const run = (/** @type {string[]} */ args) =>
    spawn('/usr/bin/python3', args, { cwd: here('.'), env, stdio: ['pipe', 'pipe', 'inherit'] });
  const worker = run([
    ...['-m', 'celery', '-A', 'celery_tasks', 'worker', '--concurrency', '2'],
    ...['--loglevel', 'ERROR', '--without-mingle', '--without-gossip'],
  ]);
  const producer = run(['celery_tasks.py']);
  producer.stdout.setEncoding('utf8');
  const tick = async (/** @type {number} */ count) => {
    producer.stdin.write(`${String(count)}\n`);
    const [said] = await once(producer.stdout, 'data');
    if (Number(said) !== count) throw new Error(`${said} of ${count} tasks`);
  };
  // The first waits until the worker is there.
  await tick(1);
  return {
    tick,
    close: async () => {
      producer.stdin.end();
      await Promise.all([once(producer, 'exit'), end(worker)]);
    },
  };
}

/**
 * One that says a line when it is there.
 * @param {string} file
 * @param {string[]} args
 */
async function startProcess(file, ...args) {
  const child = spawn(process.execPath, [here(file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
