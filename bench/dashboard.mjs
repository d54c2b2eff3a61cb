/**
 * The dashboard over a history of real ticks, small and large: when a browser first shows the fleet,
 * and how many commands Redis counts for one refresh.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../tools/setup/programs.mjs';
import { WORKSPACE_ROOT } from '../tools/workspace-root.mjs';
import { openScheduler, startServices } from './services.mjs';

/** Drones of the two fleets, and ticks of history. */
const SIZES = [10, 5_000];
const TICKS = 50;
/** The large fleet's pages are to be there within a second. */
const LINE_S = 1;

const NOOP = [{ method: 'noop', args: {} }];
const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * In the page, milliseconds: to the first paint, to the paint of the largest text (the fleet itself has
 * to be there for it), and until every drone was drawn.
 */
const DRAWN = `new Promise((resolve) => {
  let largest = NaN;
  new PerformanceObserver((list) => {
    largest = list.getEntries().at(-1).startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  const at = (name) => performance.getEntriesByName(name)[0]?.startTime;
  const look = () => {
    const [first, drawn] = [at('first-contentful-paint'), at('muster.drawn')];
    if (largest > drawn && first > 0) resolve(JSON.stringify([first, largest, drawn]));
    else setTimeout(look, 50);
  };
  look();
})`;

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, most: number, say: (line: string) => void }} bench
 */
export async function benchDashboard({ lab, runs, most, say }) {
  /** @type {import('./measure.mjs').Row[]} */
  const rows = [];
  for (const drones of SIZES.filter((size) => size <= most)) {
    rows.push(...(await measure({ lab, runs, say, drones })));
  }
  const value = (/** @type {string} */ name) => Math.max(...valuesOf(rows, name));
  const [few = 0, many = 0] = SIZES;
  const isWhole = many <= most;
  return {
    rows,
    ratios: isWhole
      ? [
          {
            of: `commands a refresh, ${many}`,
            to: `${few}`,
            ratio: value(`commands a refresh, ${many}`) / value(`commands a refresh, ${few}`),
            line: 1,
          },
          ...['first paint', 'fleet painted'].map((what) => {
            const of = `${what}, ${many}`;
            return { of, to: '1 s', ratio: value(of) / LINE_S, line: 1 };
          }),
        ]
      : [],
  };
}

/**
 * @param {readonly import('./measure.mjs').Row[]} rows
 * @param {string} name
 */
function valuesOf(rows, name) {
  return rows.find((row) => row.name === name)?.values ?? [];
}

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, say: (line: string) => void, drones: number }} bench
 * @returns {Promise<import('./measure.mjs').Row[]>}
 */
async function measure({ lab, runs, say, drones }) {
  const dir = await lab.scratchDir();
  const redis = await lab.startRedisServer({ directory: dir.path });
  /** @type {(() => Promise<unknown>)[]} */
  const end = [() => redis.stop(), () => dir.remove()];
  try {
    const fleet = await dir.write(
      'fleet.yaml',
      JSON.stringify({
        version: 1,
        defaults: { transport: 'local', site: 'bench' },
        drones: { [`drone[1-${String(drones)}]`]: {} },
      }),
    );
    const muster = await startServices(lab, dir, redis.url);
    end.unshift(muster.stop);
    const worker = await muster.startWorker('bench', fleet, '--methods', here('noop-methods.mjs'));
    const scheduler = await openScheduler(redis.url, fleet, 'bench', { noop: { effect: 'once' } });
    say(`${drones} drones: ${TICKS} ticks`);
    for (let tick = 0; tick < TICKS; tick += 1) await scheduler.tick('*', NOOP);
    // What Redis counts from here on is the dashboard's alone.
    await scheduler.close();
    await worker.stop();
    await muster.combiner.stop();
    const address = await muster.startDashboard(fleet);
    const paints = await firstPaints(address, runs, say);
    const commands = await commandsOfRefresh(redis.url, address);
    const found = [...commands].map(([name, count]) => `${name} ${count}`).join(', ');
    say(`${drones} drones: a refresh asks ${found}`);
    const total = [...commands.values()].reduce((sum, count) => sum + count, 0);
    return [
      ...Object.entries(paints).map(([name, values]) => {
        return { name: `${name}, ${drones}`, values, unit: 's' };
      }),
      { name: `commands a refresh, ${drones}`, values: [total], unit: '' },
    ];
  } finally {
    for (const stop of end) await stop();
  }
}

/**
 * The first run meets a dashboard that has just started, and so has read nothing.
 * @param {string} address
 * @param {number} runs
 * @param {(line: string) => void} say
 */
async function firstPaints(address, runs, say) {
  const folder = findProgram(CHROMIUM);
  const name = CHROMIUM.find((each) => folder !== undefined && findProgram([each]) === folder);
  if (folder === undefined || name === undefined) throw new Error('no chromium on the PATH');
  const ofDashboard = createRequire(join(WORKSPACE_ROOT, 'apps', 'dashboard', 'package.json'));
  const { chromium } = ofDashboard('playwright-core');
  const browser = await chromium.launch({
    executablePath: join(folder, name),
    args: ['--no-sandbox'],
  });
  const results = {
    'first paint': /** @type {number[]} */ ([]),
    'fleet painted': /** @type {number[]} */ ([]),
    'heat map drawn': /** @type {number[]} */ ([]),
  };
  try {
    for (let run = 0; run < runs; run += 1) {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      // Playwright's own scripts, as for a wait, would take their part of the time that is measured.
      const debug = await page.context().newCDPSession(page);
      await page.goto(address);
      const { result } = await debug.send('Runtime.evaluate', {
        expression: DRAWN,
        awaitPromise: true,
      });
      const [paint, fleet, drawn] = JSON.parse(result.value);
      results['first paint'].push(paint / 1000);
      results['fleet painted'].push(fleet / 1000);
      results['heat map drawn'].push(drawn / 1000);
      say(
        `run ${run + 1} of ${runs}: painted ${paint.toFixed(0)} ms, the fleet ${fleet.toFixed(0)} ms, drawn ${drawn.toFixed(0)} ms`,
      );
      await page.close();
    }
    return results;
  } finally {
    await browser.close();
  }
}

/**
 * What Redis counts in a second while somebody watches, in a Redis that nobody else asks.
 * @param {string} redisUrl
 * @param {string} address
 * @returns {Promise<Map<string, number>>} by command, of one refresh
 */
async function commandsOfRefresh(redisUrl, address) {
  const { Redis } = await import('ioredis');
  const client = new Redis(redisUrl);
  const seconds = 6;
  try {
    const stream = new AbortController();
    const events = await fetch(`${address}/api/events`, { signal: stream.signal });
    const reader = events.body?.getReader();
    await reader?.read();
    const watched = await countFor(client, seconds);
    stream.abort();
    const counts = new Map();
    for (const [name, calls] of watched) {
      const each = Math.round(calls / seconds);
      if (each > 0) counts.set(name, each);
    }
    return counts;
  } finally {
    client.disconnect();
  }
}

/**
 * @param {import('ioredis').Redis} client
 * @param {number} seconds
 * @returns {Promise<Map<string, number>>}
 */
async function countFor(client, seconds) {
  await client.config('RESETSTAT');
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const text = await client.info('commandstats');
  return new Map(
    [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = '', calls]) => [
      name,
      Number(calls),
    ]),
  );
}
