/** The pages in a browser, on a whole running Muster: one of `muster up`, with ticks that really ran. */
import {
  makeGate,
  muster,
  processesWith,
  scratchDir,
  startMuster,
  until,
  type Gate,
  type MusterProcess,
  type ScratchDir,
} from '@muster/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessibilityFaults, collectErrors, startBrowser } from './browser.js';

const HOSTILE = `<script>document.title = 'owned'</script><img src=x onerror="alert(1)">`;

const LONG = 'a-machine-with-a-long-name.rack-17.building-4.example.com';

let scratch: ScratchDir;
let up: MusterProcess;
let browser: Browser;
let address: string;
let env: Record<string, string>;
let page: Page;
let errors: string[];
let gate: Gate;

beforeAll(async () => {
  [scratch, browser, gate] = await Promise.all([scratchDir(), startBrowser(), makeGate()]);
  const fleet = await scratch.write(
    'fleet.yaml',
    `version: 1
defaults: { transport: local, site: berlin }
drones: { "lab[01-12]": {}, "gw[1-2]": { site: oslo }, ${LONG}: { site: oslo }, off1: { enabled: false } }
groups: { rack1: "lab[01-06]" }
`,
  );
  env = { MUSTER_STATE_DIR: `${scratch.path}/state`, MUSTER_FLEET: fleet };
  up = startMuster(['up', '--port', '0', '--allow-changes'], { env });
  const ready = await up.logged('ready');
  expect(ready['access']).toBe('no credentials: this machine only; changes allowed');
  address = String(ready['dashboard']);
  // One for all tests: what it has loaded once it need not load again.
  page = await browser.newPage();
  errors = collectErrors(page);
  await muster(['tick', '--', 'echo', 'hello'], { env });
  const script = `case $MUSTER_DRONE in lab07) echo "$1"; exit 3;; *) echo "$1";; esac`;
  const failed = await muster(['tick', '--', 'sh', '-c', script, 'sh', HOSTILE], { env });
  expect(failed.code).toBe(1);
});

beforeEach(async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
});

afterEach(() => {
  expect(errors.splice(0)).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await gate.remove();
  up.kill('SIGTERM');
  const { code } = await up.ended;
  await scratch.remove();
  expect(code).toBe(0);
});

/** Pixels by which the page is wider than what is in view. */
const BEYOND = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

async function open(path: string): Promise<void> {
  await page.goto(address + path);
  await page.waitForSelector('main:not([aria-busy])');
}

describe('the fleet', () => {
  it('shows at a glance who is bad and since when, and leads to what the drone said', async () => {
    await open('/');
    const trouble = page.getByRole('region', { name: 'Bad now' }).getByRole('listitem');
    expect(await trouble.count()).toBe(1);
    expect(await trouble.innerText()).toMatch(
      /call_failed\s+lab07\s+call 0, exec: exit 3: <script>.*\s+since default-2 .* · 1 tick/s,
    );
    const legend = await page.getByRole('list', { name: 'Legend' }).getByRole('listitem').all();
    const said = await Promise.all(legend.map((entry) => entry.innerText()));
    expect(said.map((words) => words.trim().replace(/\s+/g, ' '))).toEqual([
      ...['ok', 'F call_failed', '· not addressed', '× disabled'],
    ]);
    await trouble.getByRole('link', { name: 'lab07' }).click();
    await page.waitForURL('**/drones/lab07');
    await page.getByText('call 0, exec: exit 3').first().waitFor();
    await page.getByText('no output is kept of a call that failed').waitFor();
    const current = page.getByRole('navigation', { name: 'main' }).locator('[aria-current]');
    expect(await current.innerText()).toBe('Fleet');
    expect(await page.getByRole('region', { name: 'History' }).innerText()).toMatch(
      /default-2[^]*call_failed[^]*exit 3[^]*default-1[^]*ok/,
    );
  });

  it('is searched by node set, and walked through with the keyboard alone', async () => {
    await open('/ticks');
    await page.keyboard.press('/');
    await page.waitForFunction(`document.activeElement?.id === 'search'`);
    await page.keyboard.type('@rack1,gw*!lab0[2-6]');
    await page.getByText('3 drones of 16').waitFor();
    expect(new URL(page.url()).search).toBe('?q=@rack1,gw*!lab0[2-6]');
    expect(await page.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual([
      'site berlin 1 drone',
      'site oslo 2 drones',
    ]);
    await page.getByRole('application', { name: /site oslo/ }).focus();
    await page.keyboard.press('ArrowDown');
    await page.getByText('gw2: ok').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/drones/gw2');
    expect(await page.getByLabel('output of call 0').innerText()).toBe(`${HOSTILE}\n`);
    expect(await page.title()).toBe('gw2 · Muster');
    await page.goBack();
    expect(await page.getByRole('searchbox').inputValue()).toBe('@rack1,gw*!lab0[2-6]');
  });

  it('says what is wrong with a search', async () => {
    await open('/?q=lab99');
    await page.getByText('no drone is called lab99; did you mean lab09?').waitFor();
    // Nobody was asked about: nothing is said of anybody.
    expect(await page.getByRole('region', { name: 'Bad now' }).count()).toBe(0);
    await open('/?q=lab01');
    await page.getByText('None of these is bad.').waitFor();
  });
});

describe('a tick', () => {
  it('runs before your eyes, and is cancelled', async () => {
    const exec = (argv: readonly string[]) => [{ method: 'exec', args: { argv } }];
    const calls = await scratch.write(
      'calls.json',
      JSON.stringify({
        lab01: [...exec(['echo', 'first']), ...exec(gate.argv)],
        'lab[02-12]': exec(['echo', 'soon']),
      }),
    );
    await open('/ticks');
    const tick = muster(['tick', '--calls', calls, '--json'], { env });
    await gate.entered();
    // Nobody loads the page again: it learns of the tick by itself.
    const row = page.getByRole('row', { name: /default-3 running/ });
    await row.waitFor();
    await row.getByRole('link').click();
    await page.getByText('11 of 12').waitFor();
    const timeline = page.getByRole('region', { name: 'Drones, the slowest first' });
    const first = timeline.getByRole('row').nth(1);
    expect(await first.innerText()).toMatch(
      /lab01\s+queued \d+ms, 1 call \d+ms, runs exec \(call 2 of 2\) for \d/,
    );
    await page.getByText('lab[02-12]').waitFor();

    await page.getByRole('button', { name: 'Cancel tick' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Why, for the record').fill('wrong image');
    await dialog.getByRole('button', { name: 'Cancel tick' }).click();
    await page.getByText('It was cancelled (wrong image).').waitFor();
    await page.getByText('no output is kept of a call that was cancelled').waitFor();
    const { code, stdout } = await tick;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'cancelled',
      failure: { message: expect.stringContaining('wrong image') as string },
    });
    const bad = page.getByRole('region', { name: 'verdict' }).getByRole('listitem');
    expect(await bad.innerText()).toMatch(/cancelled\s+lab01\s+call 1, exec: wrong image/);
  });

  it('shows outputs folded, as text whatever they hold, and the verdict', async () => {
    await open('/ticks/default-2');
    const verdict = page.getByRole('region', { name: 'verdict' });
    expect(await verdict.innerText()).toMatch(
      /The policy \(all\) is not met: 1 of 15 drones bad\.[^]*call_failed\s+lab07\s+call 0, exec: exit 3/,
    );
    expect(await verdict.getByText('call 0, exec: exit 3').count()).toBe(1);
    const failed = page.getByRole('article').filter({ hasText: 'lab07' });
    await failed.getByText('no output is kept of a call that failed').waitFor();
    const output = page.getByRole('article').filter({ hasText: '14 drones' });
    expect(await output.getByRole('heading').innerText()).toBe(
      `${LONG},gw[1-2],lab[01-06,08-12] 14 drones`,
    );
    expect(await output.locator('pre').innerText()).toBe(`${HOSTILE}\n`);
    expect(await page.title()).toBe('default-2 · Muster');
    await page.getByRole('link', { name: '‹ default-1' }).click();
    await page.getByText('every drone is ok').waitFor();
  });

  it('that failed says in Bull Board which drones were bad, and why', async () => {
    await page.goto(`${address}/queues/queue/ticks/default-2`);
    await page.getByText('default-2 · 15 drones').first().waitFor();
    await page
      .getByText(/1 of 15 drones failed: lab07 call_failed/)
      .first()
      .waitFor();
  });
});

describe('a drone', () => {
  it('whose last output is enormous is shown as far as a browser likes it, and no further', async () => {
    const args = { argv: ['head', '-c', '2000000', '/dev/zero'], maxOutputBytes: 4_000_000 };
    const call = ['--call', 'exec', JSON.stringify(args)];
    const { code } = await muster(['tick', '--lane', 'long', '--on', 'lab12', ...call], { env });
    expect(code).toBe(0);
    await open('/drones/lab12');
    expect(await page.getByLabel('output of call 0').innerText()).toBe('\u2400'.repeat(65_536));
    await page.getByText('65,536 of 2,000,001 characters').waitFor();
    const whole = page.getByRole('link', { name: 'all as JSON' });
    expect(await whole.getAttribute('href')).toBe('/api/drones/lab12');
  });
});

describe('more pages than a browser has connections', () => {
  it('are all shown, and all live', async () => {
    // Pages of one context are all in view, as windows on a wall are.
    const context = await browser.newContext();
    const pages = await Promise.all(Array.from({ length: 8 }, () => context.newPage()));
    try {
      for (const each of pages) {
        await each.goto(`${address}/ticks`);
        await each.waitForSelector('main:not([aria-busy])');
      }
      const tick = await muster(['tick', '--lane', 'wall', '--on', 'gw1', '--', 'true'], { env });
      expect(tick.code).toBe(0);
      for (const each of pages) await each.getByRole('row', { name: /wall-1 ok/ }).waitFor();
    } finally {
      await context.close();
    }
  });
});

describe('what is not there', () => {
  it.each([
    ['/ticks/default-99', 'there is no tick default-99, or none any more.', '/ticks'],
    ['/drones/lab99', 'no drone is called lab99; did you mean lab09?', '/'],
    ['/ticks?lane=none', 'No tick of lane none is kept.', undefined],
  ])('%s says what to do', async (path, words, way) => {
    await open(path);
    await page.getByText(words).waitFor();
    expect(await page.locator('.empty code').innerText()).toMatch(/^\$ muster /);
    const ways = await page.locator('.empty a').all();
    expect(await Promise.all(ways.map((link) => link.getAttribute('href')))).toEqual(
      way === undefined ? [] : [way],
    );
    // The browser itself counts a missing resource as an error.
    errors.splice(0, Infinity, ...errors.filter((error) => !error.includes('404')));
  });
});

describe('each page, at each width, dark and light', () => {
  it.each([
    ['fleet', '/'],
    ['fleet as cells', '/?view=cells&by=group'],
    ['ticks', '/ticks'],
    ['tick', '/ticks/default-2'],
    ['drone', '/drones/lab07'],
  ])('%s fits, and axe finds nothing', async (_, path) => {
    await open(path);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [320, 768, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        const beyond = () => page.evaluate<number>(BEYOND);
        // What is drawn for a width is drawn anew a frame later.
        await expect.poll(beyond, { message: `${String(width)} px` }).toBe(0);
        // Axe takes seconds: it looks at each scheme once, at the narrowest layout and at the widest.
        const isLooked = width === (colorScheme === 'dark' ? 320 : 1440);
        if (isLooked) expect(await accessibilityFaults(page)).toEqual([]);
      }
    }
  });
});

describe('while Redis is away', () => {
  it('says that what is shown may be old, and goes on once it is back', async () => {
    await open('/');
    const server = (await processesWith(`${scratch.path}/state/redis`)).find(({ command }) =>
      /^\S*(redis|valkey)-server/.test(command),
    );
    if (server === undefined) throw new Error('no Redis');
    process.kill(server.pid, 'SIGSTOP');
    await page
      .getByText('Redis does not answer; trying again. What is shown may be old.')
      .waitFor();
    process.kill(server.pid, 'SIGCONT');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await until('a tick is shown', async () => (await muster(['ticks'], { env })).code === 0);
  });
});
