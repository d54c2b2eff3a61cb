/** What it costs to be there: the start of the command, and a worker that has nothing to do. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inTurn, ratiosOf, timed } from './measure.mjs';
import { startServices } from './services.mjs';

const execute = promisify(execFile);
const COMMAND = fileURLToPath(new URL('../apps/cli/bin/muster.js', import.meta.url));
/** Milliseconds: what starting took is over, and then what is counted. */
const REST_MS = 20_000;
const WATCH_MS = 30_000;
/** Of the kernel's clock that counts processor time, a second. */
const HERTZ = 100;

const LINES = [{ ours: 'muster tick', than: ['node -e 0'], line: 5 }];

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, say: (line: string) => void }} bench
 * @returns {Promise<{ rows: import('./measure.mjs').Row[], ratios: ReturnType<typeof ratiosOf> }>}
 */
export async function benchCold({ lab, runs, say }) {
  const dir = await lab.scratchDir();
  const redis = await lab.startRedisServer({ directory: dir.path });
  const env = { ...process.env, MUSTER_STATE_DIR: join(dir.path, 'up') };
  const drones = { box1: { transport: 'local' } };
  const fleet = await dir.write('fleet.yaml', JSON.stringify({ version: 1, drones }));
  /** @type {(() => Promise<unknown>)[]} */
  const end = [() => redis.stop(), () => dir.remove()];
  try {
    const muster = await startServices(lab, dir, redis.url);
    end.unshift(muster.stop);
    // Its own commands would be counted as the worker's.
    await muster.combiner.stop();
    const worker = await muster.startWorker('', fleet);
    const idle = await watchIdle(worker.pid, redis);
    await worker.stop();
    const up = lab.startMuster(['up', '--fleet', fleet], { env });
    end.unshift(async () => {
      up.kill('SIGTERM');
      await up.ended;
    });
    await up.logged('ready');
    const whole = (/** @type {string[]} */ args) => () =>
      timed(() => execute(process.execPath, args, { env }));
    const rows = await inTurn(
      runs,
      [
        { name: 'muster tick', run: whole([COMMAND, 'tick', '--fleet', fleet, '--', 'true']) },
        { name: 'node -e 0', run: whole(['-e', '0']) },
      ],
      say,
    );
    return {
      rows: [...rows, ...idle.map(({ name, value, unit }) => ({ name, values: [value], unit }))],
      ratios: [
        ...ratiosOf(rows, LINES),
        ...idle.map(({ name, value, unit, line }) => {
          return { of: name, to: `${line} ${unit}`, ratio: value / line, line: 1 };
        }),
      ],
    };
  } finally {
    for (const stop of end) await stop();
  }
}

/**
 * @param {number} pid
 * @param {import('@muster/testing').RedisServer} redis
 */
async function watchIdle(pid, redis) {
  const client = await import('ioredis').then(({ Redis }) => new Redis(redis.url));
  const monitor = await client.monitor();
  let commands = 0;
  // What a script calls was not sent.
  monitor.on('monitor', (_time, _command, source) => {
    if (source !== 'lua') commands += 1;
  });
  const look = async () => {
    const stat = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    return { ticks: Number(stat[11]) + Number(stat[12]), commands };
  };
  try {
    await setTimeout(REST_MS);
    const before = await look();
    await setTimeout(WATCH_MS);
    const after = await look();
    const seconds = WATCH_MS / 1_000;
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const resident = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
    const share = ((after.ticks - before.ticks) / HERTZ / seconds) * 100;
    const sent = (after.commands - before.commands) / seconds;
    return [
      { name: 'idle worker, resident', value: resident, unit: 'MiB', line: 110 },
      { name: 'idle worker, of a core', value: share, unit: '%', line: 1 },
      { name: 'idle worker, commands a second', value: sent, unit: '/s', line: 2 },
    ];
  } finally {
    monitor.disconnect();
    client.disconnect();
  }
}
