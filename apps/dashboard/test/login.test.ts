/** In by the login page, and out again, as people do it: with a browser. */
import { startTestRedis, type TestRedis } from '@muster/testing';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { Credentials, credentialsLine, type Dashboard } from '../src/index.js';
import { accessibilityFaults, collectErrors, NETWORK_NAME, startBrowser } from './browser.js';
import { startDashboard } from './start-dashboard.js';

const TOKEN = 'a-token-of-some-length';
const PASSWORD = 'a long password';

let redis: TestRedis;
let dashboard: Dashboard;
let credentials: Credentials | undefined;
let address: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let errors: string[];

beforeAll(async () => {
  [redis, browser] = await Promise.all([startTestRedis(), startBrowser()]);
  credentials = await Credentials.from({
    token: { text: TOKEN, from: 'test' },
    file: { name: 'people', text: await credentialsLine('ada', PASSWORD) },
  });
  dashboard = await startDashboard(redis, { credentials, host: '0.0.0.0', allowChanges: true });
  address = dashboard.address.replace('0.0.0.0', '127.0.0.1');
});

beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  errors = collectErrors(page);
});

afterEach(async () => {
  await context.close();
  // A browser counts each 401 as an error of the page.
  expect(errors.filter((error) => !/status of 40[14]/.test(error))).toEqual([]);
});

afterAll(async () => {
  await browser.close();
  await dashboard.stop();
  await redis.stop();
});

async function logIn(token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByLabel('Token').press('Enter');
}

// To browsers a loopback address is as good as HTTPS: they say less of where a form comes from elsewhere.
it.each(['127.0.0.1', NETWORK_NAME])('leads from %s to what was asked for', async (host) => {
  const wanted = `${address.replace('127.0.0.1', host)}/ticks?lane=nightly`;
  await page.goto(wanted);
  expect(await page.title()).toBe('Log in · Muster');
  expect(await accessibilityFaults(page)).toEqual([]);
  await logIn('not-the-right-token');
  await page.getByText('That is not right. Please try again.').waitFor();
  await logIn(TOKEN);
  await page.waitForURL(wanted);
  await page.getByRole('heading', { name: 'Ticks' }).waitFor();
});

it.each(['\u65e5\u672c', 'a/..//evil.example', '/evil.example', '\\evil.example'])(
  'stays here whatever comes next: /%s',
  async (next) => {
    await page.goto(`${address}/login?next=${encodeURIComponent(`/${next}`)}`);
    await logIn(TOKEN);
    await page.waitForURL((url) => url.pathname !== '/login');
    expect(new URL(page.url()).origin).toBe(address);
    await page.getByRole('button', { name: 'Log out' }).waitFor();
  },
);

it('knows people, lets them change something, and logs out each of their tabs', async () => {
  await page.goto(address);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).last().click();
  const logOut = page.getByRole('button', { name: 'Log out ada' });
  await logOut.waitFor();

  const other = await context.newPage();
  await other.goto(`${address}/ticks`);
  await other.getByRole('button', { name: 'Log out ada' }).waitFor();
  // From the page's own script, with its cookie and CSRF token: a change that only finds nothing.
  const status = await page.evaluate(async () => {
    const { csrf } = (await (await fetch('/api/session')).json()) as { csrf: string };
    const headers = { 'x-xsrf-token': csrf };
    return (await fetch('/api/ticks/default-9/cancel', { method: 'POST', headers })).status;
  });
  expect(status).toBe(404);

  await logOut.click();
  await page.waitForURL('**/login');
  // Nobody touches it: its stream of events ends with the session.
  await other.waitForURL('**/login?next=%2Fticks');
});

it('leaves room for the way out on a phone, also where nothing may be changed', async () => {
  const readOnly = await startDashboard(redis, { credentials, allowChanges: false });
  onTestFinished(() => readOnly.stop());
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(readOnly.address);
  await logIn(TOKEN);
  const logOut = page.getByRole('button', { name: 'Log out' });
  await logOut.waitFor();
  const beyond = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await page.evaluate<number>(beyond)).toBe(0);
  const [bar, box] = await Promise.all([page.locator('.top').boundingBox(), logOut.boundingBox()]);
  expect(box?.height).toBeLessThan(bar?.height ?? 0);
});
