/**
 * The tick itself, with calls that do nothing, against BullMQ's own flow of as many children: from
 * `execute` to the results in the one, from `FlowProducer.add` to the parent's completion in the other.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inTurn, ratiosOf, timed } from './measure.mjs';
import { openScheduler, startServices } from './services.mjs';

/** Drones in a tick, and how large a share of the reference's time its tick may take. */
const SIZES = [
  { drones: 1, line: 1.5 },
  { drones: 10, line: 1.5 },
  { drones: 100, line: 1.2 },
  { drones: 1_000, line: 0.85 },
  { drones: 10_000, line: 0.65 },
  { drones: 50_000, line: 0.65 },
];
const CONCURRENCY = 100;
/** Small ticks are over so soon that one says little: so many are run, and count as one. */
const DRONES_A_RUN = 100;

const NOOP = [{ method: 'noop', args: {} }];

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, most: number, say: (line: string) => void }} bench
 * @returns {Promise<{ rows: import('./measure.mjs').Row[], ratios: ReturnType<typeof ratiosOf> }>}
 */
export async function benchQueue({ lab, runs, most, say }) {
  const sizes = SIZES.filter((size) => size.drones <= most);
  const dir = await lab.scratchDir();
  const redis = await lab.startRedisServer({ directory: dir.path });
  /** @type {(() => Promise<unknown>)[]} */
  const end = [() => redis.stop(), () => dir.remove()];
  try {
    const drones = Object.fromEntries(
      Array.from({ length: Math.max(...sizes.map((size) => size.drones)) }, (_, index) => [
        `drone${String(index + 1)}`,
        {},
      ]),
    );
    const defaults = { transport: 'local', site: 'queue' };
    const fleet = await dir.write('queue.yaml', JSON.stringify({ version: 1, defaults, drones }));
    const muster = await startServices(lab, dir, redis.url);
    end.unshift(muster.stop);
    const methods = ['--methods', here('noop-methods.mjs')];
    await muster.startWorker('queue', fleet, ...methods, '--concurrency', String(CONCURRENCY));
    const ours = await openScheduler(redis.url, fleet, 'queue', { noop: { effect: 'once' } });
    end.unshift(ours.close);
    const theirs = await openReference(redis.url);
    end.unshift(theirs.close);
    const candidates = sizes.flatMap(({ drones: count }) => {
      const times = Math.max(1, DRONES_A_RUN / count);
      const each = async (/** @type {(count: number) => Promise<void>} */ tick) => {
        const seconds = await timed(async () => {
          for (let time = 0; time < times; time += 1) await tick(count);
        });
        return seconds / times;
      };
      return [
        {
          name: nameOf('muster', count),
          run: () => each((count) => ours.tick(`drone[1-${count}]`, NOOP)),
        },
        { name: nameOf('bullmq', count), run: () => each(theirs.tick) },
      ];
    });
    say('warming up');
    for (const { run } of candidates) await run();
    const rows = await inTurn(runs, candidates, say);
    const lines = sizes.map(({ drones: count, line }) => {
      return { ours: nameOf('muster', count), than: [nameOf('bullmq', count)], line };
    });
    return { rows, ratios: ratiosOf(rows, lines) };
  } finally {
    for (const stop of end) await stop();
  }
}

/**
 * @param {string} whose
 * @param {number} count
 */
const nameOf = (whose, count) => `${whose}, ${String(count)}`;

/** @param {string} redisUrl */
async function openReference(redisUrl) {
  const [{ FlowProducer, QueueEvents }, { Redis }] = await Promise.all([
    import('bullmq'),
    import('ioredis'),
  ]);
  const workers = await Promise.all([
    startReferenceWorker(redisUrl, 'child'),
    startReferenceWorker(redisUrl, 'parent'),
  ]);
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const listening = connection.duplicate();
  const events = new QueueEvents('reference-parent', { connection: listening });
  const flows = new FlowProducer({ connection });
  await events.waitUntilReady();
  return {
    tick: async (/** @type {number} */ count) => {
      const { job } = await flows.add({
        name: 'combine',
        queueName: 'reference-parent',
        opts: { removeOnComplete: { count: 100 } },
        children: Array.from({ length: count }, (_, index) => ({
          name: 'run',
          queueName: 'reference-child',
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
      for (const worker of workers) worker.kill('SIGTERM');
      await Promise.all(workers.map((worker) => once(worker, 'exit')));
    },
  };
}

/**
 * @param {string} redisUrl
 * @param {'child' | 'parent'} kind
 */
async function startReferenceWorker(redisUrl, kind) {
  const args = [here('reference-worker.mjs'), redisUrl, kind, String(CONCURRENCY)];
  const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(worker.stdout, 'data');
  return worker;
}
