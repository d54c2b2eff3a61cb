/** What kept connections cost a worker, in resident memory. */
import { readFile } from 'node:fs/promises';
import { median } from './measure.mjs';
import { startServices, targetsOf, writeFleet } from './services.mjs';

const CONNECTIONS = 1_000;
/** Milliseconds after the last tick: what the tick itself took has been given back. */
const REST_MS = 10_000;
/** Kibibytes. */
const MEBIBYTE = 1024;
const NAME = '1,000 idle connections';
const LINE_MEBIBYTES = 180;

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, say: (line: string) => void }} bench
 * @returns {Promise<{ rows: import('./measure.mjs').Row[], ratios: { of: string, to: string, ratio: number, line: number }[] }>}
 */
export async function memoryOfConnections({ lab, runs, say }) {
  const { startSshdLab, startRedisServer, scratchDir } = lab;
  const dir = await scratchDir();
  const [sshd, redis] = await Promise.all([
    startSshdLab({ targets: CONNECTIONS, maxStartups: '200:30:400' }),
    startRedisServer({ directory: dir.path }),
  ]);
  const end = [() => sshd.stop(), () => redis.stop(), () => dir.remove()];
  try {
    const muster = await startServices(lab, dir, redis.url);
    end.unshift(muster.stop);
    const fleet = await writeFleet(dir, 'many', sshd, targetsOf(sshd, CONNECTIONS));
    /** @type {number[]} */
    const values = [];
    for (let run = 1; run <= runs; run += 1) {
      const worker = await muster.startWorker('many', fleet);
      await muster.tick(fleet, '--deadline', '10m', '--', 'true');
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      const status = await readFile(`/proc/${String(worker.pid)}/status`, 'utf8');
      values.push(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / MEBIBYTE);
      say(`run ${run} of ${runs}: ${values.at(-1)?.toFixed(0)} MiB`);
      await worker.stop();
    }
    const rows = [{ name: NAME, values, unit: 'MiB' }];
    const to = `${LINE_MEBIBYTES} MiB`;
    return { rows, ratios: [{ of: NAME, to, ratio: median(values) / LINE_MEBIBYTES, line: 1 }] };
  } finally {
    for (const stop of end) await stop();
  }
}
