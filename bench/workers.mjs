/** What more worker processes bring: ticks of calls that do nothing, and of calls of 5 ms. */
import { fileURLToPath } from 'node:url';
import { inTurn, median, timed } from './measure.mjs';
import { openScheduler, startServices } from './services.mjs';

const WORKERS = [1, 2, 4];
const DRONES = 1_000;
/** Batches at once in each: calls of 5 ms keep one worker busy for 50 ms a tick and more. */
const CONCURRENCY = 20;
/** @type {Record<string, { effect: 'once' }>} */
const METHODS = { noop: { effect: 'once' }, pause: { effect: 'once' } };
const CALLS = {
  noop: [{ method: 'noop', args: {} }],
  '5 ms': [{ method: 'pause', args: { ms: 5 } }],
};

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, say: (line: string) => void }} bench
 * @returns {Promise<{ rows: import('./measure.mjs').Row[], ratios: ReturnType<typeof import('./measure.mjs').ratiosOf> }>}
 */
export async function benchWorkers({ lab, runs, say }) {
  const dir = await lab.scratchDir();
  const redis = await lab.startRedisServer({ directory: dir.path });
  /** @type {(() => Promise<unknown>)[]} */
  const end = [() => redis.stop(), () => dir.remove()];
  try {
    const muster = await startServices(lab, dir, redis.url);
    end.unshift(muster.stop);
    const methods = fileURLToPath(new URL('noop-methods.mjs', import.meta.url));
    const candidates = [];
    for (const count of WORKERS) {
      const site = `with${count}`;
      const defaults = { transport: 'local', site };
      const drones = { [`drone[1-${DRONES}]`]: {} };
      const fleet = await dir.write(
        `${site}.yaml`,
        JSON.stringify({ version: 1, defaults, drones }),
      );
      for (let started = 0; started < count; started += 1) {
        const concurrency = ['--concurrency', String(CONCURRENCY)];
        await muster.startWorker(site, fleet, '--methods', methods, ...concurrency);
      }
      const scheduler = await openScheduler(redis.url, fleet, site, METHODS);
      end.unshift(scheduler.close);
      for (const [what, calls] of Object.entries(CALLS)) {
        const run = () => timed(() => scheduler.tick(`drone[1-${DRONES}]`, calls));
        candidates.push({ name: nameOf(count, what), run });
        for (let time = 0; time < 3; time += 1) await run();
      }
    }
    const rows = await inTurn(runs, candidates, say);
    const timeOf = (/** @type {string} */ name) =>
      median(rows.find((row) => row.name === name)?.values ?? []);
    const ratios = WORKERS.slice(1).flatMap((count) =>
      Object.keys(CALLS).map((what) => {
        const [of, to] = [nameOf(count, what), nameOf(1, what)];
        return { of, to, ratio: timeOf(of) / timeOf(to), line: 1.1 };
      }),
    );
    return { rows, ratios };
  } finally {
    for (const stop of end) await stop();
  }
}

/**
 * @param {number} workers
 * @param {string} what
 */
const nameOf = (workers, what) => `${what}, ${workers} worker${workers === 1 ? '' : 's'}`;
