/** What the pages say when parts of Muster are dead: no worker, no combiner. */
import {
  muster,
  scratchDir,
  startMuster,
  startTestRedis,
  type ScratchDir,
  type TestRedis,
} from '@muster/testing';
import { loadFleet } from '@muster/producer';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { Dashboard } from '../src/index.js';
import { collectErrors, startBrowser } from './browser.js';
import { startDashboard } from './start-dashboard.js';

let redis: TestRedis;
let scratch: ScratchDir;
let dashboard: Dashboard;
let browser: Browser;
let page: Page;
let errors: string[];
let flags: string[];

beforeAll(async () => {
  [redis, scratch, browser] = await Promise.all([startTestRedis(), scratchDir(), startBrowser()]);
  const path = await scratch.write(
    'fleet.yaml',
    'version: 1\ndefaults: { transport: local }\ndrones: { "lab[01-03]": {}, edge1: { transport: agent } }\n',
  );
  flags = ['--redis', redis.url, '--fleet', path];
  dashboard = await startDashboard(redis, { fleet: (await loadFleet(path)).file });
  page = await browser.newPage();
  errors = collectErrors(page);
});

afterEach(() => {
  expect(errors.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await dashboard.stop();
  await redis.stop();
  await scratch.remove();
});

it('a tick that no combiner ends says so, and what to do', async () => {
  const tick = ['tick', ...flags, '--on', 'lab01', '--no-wait', '--deadline', '1s', '--', 'true'];
  expect(await muster(tick)).toMatchObject({ code: 0 });
  await page.goto(`${dashboard.address}/ticks/default-1`);
  await page.getByText(/^It should have ended \d.*s ago\.$/).waitFor();
  await page.getByText('No combiner has ended it').waitFor();
  const combiner = startMuster(['combiner', '--redis', redis.url]);
  onTestFinished(async () => {
    combiner.kill('SIGTERM');
    await combiner.ended;
  });
  await page.getByText('The policy (all) is not met: 1 of 1 drone bad.').waitFor();
  expect(await page.getByText('No combiner has ended it').count()).toBe(0);
});

it('drones that no worker serves are counted beside those that are bad, with what to start', async () => {
  await page.goto(dashboard.address);
  await page.getByText('4 unserved').waitFor();
  const bad = page.getByRole('region', { name: 'Bad now' });
  expect(await bad.innerText()).toContain(
    'All 4 drones served by no living worker. Start one near them: muster worker --site default ' +
      'Start one on edge1: muster worker --drone edge1',
  );
  const worker = startMuster(['worker', ...flags, '--site', 'default']);
  onTestFinished(async () => {
    worker.kill('SIGTERM');
    await worker.ended;
  });
  await page.getByText('1 unserved').waitFor();
});

it('a question that the dashboard could not answer is no trouble any more once it can', async () => {
  const roll = '**/api/views/roll';
  await page.route(roll, (route) => route.fulfill({ status: 503, json: {} }));
  await page.goto(dashboard.address);
  await page.getByText('HTTP 503. Trying again… What is shown may be old.').waitFor();
  await page.unroute(roll);
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await page.getByText('4 drones').first().waitFor();
  // The browser itself counts each as an error.
  expect(errors.splice(0).filter((error) => !error.includes('503'))).toEqual([]);
});
