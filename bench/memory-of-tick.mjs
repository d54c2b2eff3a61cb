/** What a large tick takes: in its producer, the combiner, the worker, and in Redis. */
import { readFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median } from './measure.mjs';
import { startServices } from './services.mjs';

const DRONES = 50_000;
const RESULT_BYTES = 200;
/** Milliseconds between two looks at Redis. */
const LOOK_MS = 100;
/** Mebibytes, and kibibytes a drone. */
const LINES = { producer: 400, combiner: 400, worker: Infinity, redis: 2 };

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * Each run has processes of its own: what is looked at is the most that each has ever had.
 * @param {{ lab: typeof import('@muster/testing'), runs: number, most: number, say: (line: string) => void }} bench
 * @returns {Promise<{ rows: import('./measure.mjs').Row[], ratios: { of: string, to: string, ratio: number, line: number }[] }>}
 */
export async function memoryOfTick({ lab, runs, most, say }) {
  const drones = Math.min(DRONES, most);
  /** @type {Record<keyof typeof LINES | 'kept' | 'seconds', number[]>} */
  const seen = { producer: [], combiner: [], worker: [], redis: [], kept: [], seconds: [] };
  for (let run = 1; run <= runs; run += 1) {
    const once_ = await runOnce(lab, drones);
    for (const [name, value] of Object.entries(once_))
      seen[/** @type {'redis'} */ (name)].push(value);
    say(`run ${run} of ${runs}: ${JSON.stringify(once_)}`);
  }
  const rows = [
    { name: `tick of ${drones}`, values: seen.seconds, unit: 's' },
    ...['producer', 'combiner', 'worker'].map((who) => {
      return { name: `${who}, at most`, values: seen[/** @type {'worker'} */ (who)], unit: 'MiB' };
    }),
    { name: 'Redis, at most', values: seen.redis, unit: 'KiB a drone' },
    { name: 'Redis, after the tick', values: seen.kept, unit: 'KiB a drone' },
  ];
  const ratios = Object.entries(LINES).flatMap(([who, line]) =>
    line === Infinity
      ? []
      : [
          {
            of: `${who}, at most`,
            to: `${line} ${who === 'redis' ? 'KiB a drone' : 'MiB'}`,
            ratio: median(seen[/** @type {'redis'} */ (who)]) / line,
            line: 1,
          },
        ],
  );
  return { rows, ratios };
}

/**
 * @param {typeof import('@muster/testing')} lab
 * @param {number} drones
 */
async function runOnce(lab, drones) {
  const dir = await lab.scratchDir();
  const redis = await lab.startRedisServer({ directory: dir.path });
  const client = await import('ioredis').then(({ Redis }) => new Redis(redis.url));
  /** @type {(() => Promise<unknown>)[]} */
  const end = [() => Promise.resolve(client.disconnect()), () => redis.stop(), () => dir.remove()];
  const used = async () =>
    Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]) / 1_024 / drones;
  try {
    const defaults = { transport: 'local', site: 'memory' };
    const fleet = await dir.write(
      'memory.yaml',
      JSON.stringify({ version: 1, defaults, drones: { [`drone[1-${drones}]`]: {} } }),
    );
    const muster = await startServices(lab, dir, redis.url);
    end.unshift(muster.stop);
    const worker = await muster.startWorker('memory', fleet, '--methods', here('noop-methods.mjs'));
    const args = [here('memory-producer.mjs'), redis.url, fleet, String(RESULT_BYTES)];
    const producer = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(producer.stdout)[Symbol.asyncIterator]();
    end.unshift(async () => {
      producer.stdin.end();
      await once(producer, 'exit');
    });
    await lines.next();
    const before = await used();
    let most = before;
    const looking = setInterval(() => {
      void used().then((now) => (most = Math.max(most, now)));
    }, LOOK_MS);
    producer.stdin.write('tick\n');
    const { value: seconds } = await lines.next();
    clearInterval(looking);
    return {
      seconds: Number(seconds),
      producer: await mostResident(producer.pid ?? 0),
      combiner: await mostResident(muster.combiner.pid),
      worker: await mostResident(worker.pid),
      redis: most - before,
      kept: (await used()) - before,
    };
  } finally {
    for (const stop of end) await stop();
  }
}

/**
 * @param {number} pid
 * @returns {Promise<number>} mebibytes
 */
async function mostResident(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}
