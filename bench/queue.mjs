/**
 * The tick itself, with calls that do nothing, against BullMQ's own flow of as many children: from
 * `execute` to the results in the one, from `FlowProducer.add` to the parent's completion in the other.
 * Beside them the cheapest way to have a job of BullMQ for each drone at all, a Celery chord, where there is
 * Celery, and the fewest commands that could do it.
 */
import { fileURLToPath } from 'node:url';
import { inTurn, ratiosOf, timed } from './measure.mjs';
import { openBare, openBullmq, openCelery, openGated } from './references.mjs';
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
const DRONES_A_RUN = 200;

/** Schedulers and workers run for weeks: each candidate runs so often before it counts that V8 has compiled it. */
const WARM_UP = 3;

/** Of these the others take part as well. */
const OTHERS = 1_000;
/** Drones that run their own worker: a queue each. */
const QUEUES = 200;

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
    const own = { [`own[1-${QUEUES}]`]: { transport: 'agent' } };
    const fleet = await dir.write(
      'queue.yaml',
      JSON.stringify({ version: 1, defaults, drones: { ...drones, ...own } }),
    );
    const muster = await startServices(lab, dir, redis.url);
    end.unshift(muster.stop);
    const methods = ['--methods', here('noop-methods.mjs')];
    await muster.startWorker('queue', fleet, ...methods, '--concurrency', String(CONCURRENCY));
    const ours = await openScheduler(redis.url, fleet, 'queue', { noop: { effect: 'once' } });
    end.unshift(ours.close);
    const owners = Array.from({ length: QUEUES }, (_, index) => ['--drone', `own${index + 1}`]);
    await muster.startWorker('', fleet, ...methods, ...owners.flat());
    const theirs = await openBullmq(redis.url, CONCURRENCY);
    end.unshift(theirs.close);
    const gated = await openGated(redis.url);
    end.unshift(gated.close);
    const many = await openBullmq(redis.url, CONCURRENCY, (index) => `child-${index}`, QUEUES);
    end.unshift(many.close);
    const bare = await openBare(redis.url);
    end.unshift(bare.close);
    const celery = await openCelery(redis.url);
    if (celery !== undefined) end.unshift(celery.close);
    const others = Object.entries({ 'bare Redis': bare, celery }).flatMap(([name, one]) =>
      one === undefined
        ? []
        : [{ name: nameOf(name, OTHERS), run: () => timed(() => one.tick(OTHERS)) }],
    );
    const queues = [
      {
        name: `muster, ${QUEUES} queues`,
        run: () => timed(() => ours.tick(`own[1-${QUEUES}]`, NOOP)),
      },
      { name: `bullmq, ${QUEUES} queues`, run: () => timed(() => many.tick(QUEUES)) },
    ];
    const eachSize = sizes.flatMap(({ drones: count }) => {
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
        ...(count < OTHERS
          ? []
          : [{ name: nameOf('bullmq behind a gate', count), run: () => each(gated.tick) }]),
      ];
    });
    const candidates = [...eachSize, ...queues, ...others];
    say('warming up');
    for (let time = 0; time < WARM_UP; time += 1) for (const { run } of candidates) await run();
    const rows = await inTurn(runs, candidates, say);
    const lines = sizes.map(({ drones: count, line }) => {
      return { ours: nameOf('muster', count), than: [nameOf('bullmq', count)], line };
    });
    const more = [
      { ours: `muster, ${QUEUES} queues`, than: [`bullmq, ${QUEUES} queues`], line: 1.2 },
      { ours: nameOf('muster', OTHERS), than: [nameOf('celery', OTHERS)], line: 1 / 20 },
    ];
    return { rows, ratios: ratiosOf(rows, [...lines, ...more]) };
  } finally {
    for (const stop of end) await stop();
  }
}

/**
 * @param {string} whose
 * @param {number} count
 */
const nameOf = (whose, count) => `${whose}, ${String(count)}`;
