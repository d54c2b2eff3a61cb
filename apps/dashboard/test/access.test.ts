/** Who may look, and who may change something: over HTTP, on a real Redis. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { loadFleet } from '@muster/fleet';
import { DEFAULT_PREFIX } from '@muster/protocol';
import {
  muster,
  scratchDir,
  startMuster,
  startTestRedis,
  type ScratchDir,
  type TestRedis,
} from '@muster/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  Credentials,
  credentialsLine,
  type Dashboard,
  type DashboardSettings,
} from '../src/index.js';
import { startDashboard } from './start-dashboard.js';

const TOKEN = 'a-token-of-some-length';

let redis: TestRedis;
let scratch: ScratchDir;
let fleetFile: string;
const running: Dashboard[] = [];

beforeAll(async () => {
  [redis, scratch] = await Promise.all([startTestRedis(), scratchDir()]);
  fleetFile = await scratch.write(
    'fleet.yaml',
    'version: 1\ndefaults: { transport: local }\ndrones: { "lab[1-2]": {}, edge1: { transport: agent } }\n',
  );
});

afterEach(async () => {
  for (const dashboard of running.splice(0)) await dashboard.stop();
});

afterAll(async () => {
  await redis.stop();
  await scratch.remove();
});

async function start(some: Partial<DashboardSettings> = {}): Promise<string> {
  const dashboard = await startDashboard(redis, { fleet: await loadFleet(fleetFile), ...some });
  running.push(dashboard);
  return dashboard.address;
}

async function withToken(): Promise<Credentials | undefined> {
  return Credentials.from({ token: { text: TOKEN, from: 'test' } });
}

interface Session {
  readonly csrf: string;
  readonly user: string;
}

async function session(address: string, headers: Record<string, string> = {}): Promise<Session> {
  const response = await fetch(`${address}/api/session`, { headers });
  return (await response.json()) as Session;
}

const NAVIGATION = { accept: 'text/html' };

/** What is answered to a request that names that host. */
async function statusFor(name: string, address: string): Promise<number | undefined> {
  const { hostname, port } = new URL(address);
  const headers = { host: `${name}:${port}` };
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: '/api/ticks', headers })
      .on('response', (response) => {
        resolve(response.statusCode);
        response.resume();
      })
      .on('error', reject)
      .end();
  });
}

describe('on the loopback address, without credentials', () => {
  it('serves pages and JSON, each with a strict policy', async () => {
    const address = await start();
    for (const path of ['/', '/ticks', '/api/fleet', '/api/ticks', '/queues']) {
      const response = await fetch(address + path);
      expect(response.status, path).toBe(200);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy, path).toContain("default-src 'none'; script-src 'self';");
      expect(policy.includes('unsafe-inline'), path).toBe(path === '/queues');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('x-frame-options')).toBe('DENY');
      expect(await response.text(), path).not.toMatch(/(?:src|href)="https?:/);
    }
  });

  it('does not answer to the name of another host', async () => {
    expect(await statusFor('rebound.example', await start())).toBe(421);
  });

  it('says of what is not there that it is not', async () => {
    const address = await start();
    const said = async (path: string) => {
      const response = await fetch(address + path);
      return [response.status, ((await response.json()) as { error: string }).error];
    };
    expect(await said('/api/ticks/default-9')).toEqual([
      404,
      'there is no tick default-9, or none any more',
    ]);
    expect(await said('/api/ticks/nonsense')).toEqual([
      404,
      "'nonsense' is no tick's id; expected e.g. default-42",
    ]);
    expect(await said('/api/drones/lab3')).toEqual([
      404,
      expect.stringMatching(/^no drone is called lab3; did you mean lab[12]\?$/),
    ]);
    expect((await said('/api/ticks?limit=0'))[0]).toBe(400);
    expect((await said('/nowhere'))[0]).toBe(404);
  });
});

/** All that changes something: our own, and Bull Board's. */
const CHANGES = [
  ['POST', '/api/ticks/default-1/cancel'],
  ['PUT', '/queues/api/queues/ticks/pause'],
  ['PUT', '/queues/api/queues/pause'],
  ['POST', '/queues/api/queues/ticks/add'],
  ['PUT', '/queues/api/queues/ticks/retry/failed'],
  ['PUT', '/queues/api/queues/ticks/obliterate'],
  ['PUT', '/queues/api/queues/ticks/default-1/clean'],
  ['PATCH', '/queues/api/queues/ticks/default-1/update-data'],
  ['DELETE', '/queues/api/queues/ticks/job-schedulers/x'],
] as const;

describe('read-only', () => {
  it('refuses each change, also with the right token', async () => {
    const address = await start();
    const { csrf } = await session(address);
    for (const [method, path] of CHANGES) {
      const response = await fetch(address + path, {
        method,
        headers: { 'x-xsrf-token': csrf, 'content-type': 'application/json' },
        body: '{}',
      });
      expect([response.status, await response.json()], path).toEqual([
        403,
        { error: 'this dashboard is read-only; start it with --allow-changes' },
      ]);
    }
    expect(await redis.client.exists(`${DEFAULT_PREFIX}:ticks:meta`)).toBe(0);
  });
});

describe('with changes allowed', () => {
  it('takes each change with the CSRF token only, and from here only', async () => {
    const address = await start({ allowChanges: true });
    const { csrf } = await session(address);
    const refused: Record<string, string>[] = [
      {},
      { 'x-xsrf-token': 'wrong' },
      { 'x-xsrf-token': csrf, origin: 'https://evil.example' },
      { 'x-xsrf-token': csrf, origin: 'null' },
      { 'x-xsrf-token': csrf, 'sec-fetch-site': 'cross-site' },
      { 'x-xsrf-token': csrf, 'sec-fetch-site': 'same-site' },
    ];
    for (const [method, path] of CHANGES) {
      for (const given of refused) {
        const headers = { 'content-type': 'application/json', ...given };
        const { status } = await fetch(address + path, { method, headers, body: '{}' });
        expect(status, `${path} ${JSON.stringify(given)}`).toBe(403);
      }
    }
  });

  it('cancels a tick that is there, and says of others that they are not', async () => {
    const address = await start({ allowChanges: true });
    const { csrf } = await session(address);
    const response = await fetch(`${address}/api/ticks/default-77/cancel`, {
      method: 'POST',
      headers: { 'x-xsrf-token': csrf, origin: address, 'content-type': 'application/json' },
    });
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: 'there is no tick default-77, or none any more' },
    ]);
  });
});

describe('with credentials', () => {
  it('shows a login page to people, and nothing to anybody', async () => {
    const address = await start({ credentials: await withToken(), host: '0.0.0.0' });
    const local = address.replace('0.0.0.0', '127.0.0.1');
    const page = await fetch(`${local}/ticks?lane=x`, { headers: NAVIGATION, redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([
      303,
      '/login?next=%2Fticks%3Flane%3Dx',
    ]);
    for (const path of ['/', '/api/fleet', '/api/events', '/queues', '/queues/api/queues', '/x']) {
      const response = await fetch(local + path);
      expect(response.status, path).toBe(401);
      expect(Object.keys((await response.json()) as object), path).toEqual(['error']);
    }
  });

  it('answers behind a proxy of this machine that says its own name', async () => {
    const address = await start({ credentials: await withToken() });
    expect(await statusFor('muster.example', address)).toBe(401);
  });

  it('lets in by token, by form and by header, and out again', async () => {
    const address = await start({ credentials: await withToken() });
    const login = (token: string) =>
      fetch(`${address}/login`, {
        method: 'POST',
        headers: { origin: address, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token, next: '//evil.example/' }),
        redirect: 'manual',
      });
    expect((await login('wrong')).status).toBe(401);
    const right = await login(TOKEN);
    expect([right.status, right.headers.get('location')]).toEqual([303, '/']);
    const [cookie = '', ...flags] = (right.headers.get('set-cookie') ?? '').split('; ');
    expect(flags).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Strict', 'Path=/']));
    const { user, csrf } = await session(address, { cookie });
    expect(user).toBe('token');
    expect(
      (await fetch(`${address}/api/ticks`, { headers: { cookie: `${cookie}x` } })).status,
    ).toBe(401);
    const authorization = `Bearer ${TOKEN}`;
    const byHeader = await fetch(`${address}/api/ticks`, { headers: { authorization } });
    expect(byHeader.status).toBe(200);
    const other = { authorization: `bearer ${TOKEN}` };
    const many = await Promise.all(
      Array.from({ length: 20 }, () => fetch(`${address}/api/session`, { headers: other })),
    );
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]));
    expect(
      (await fetch(`${address}/api/ticks`, { headers: { authorization: 'Bearer nope' } })).status,
    ).toBe(401);
    const headers = { cookie, origin: address, 'x-xsrf-token': csrf };
    expect((await fetch(`${address}/logout`, { method: 'POST', headers })).status).toBe(204);
    // A cookie that somebody kept is worth nothing.
    expect((await fetch(`${address}/api/ticks`, { headers: { cookie } })).status).toBe(401);
  });

  it('knows people by name and password', async () => {
    const text = `# who may look\n${await credentialsLine('ada', 'a long password')}\n`;
    expect(text).not.toContain('a long password');
    const credentials = await Credentials.from({ file: { name: 'people', text } });
    const address = await start({ credentials });
    const basic = (pair: string) => ({
      authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
    });
    expect((await session(address, basic('ada:a long password'))).user).toBe('ada');
    for (const pair of ['ada:wrong', 'bob:a long password', 'ada', ':']) {
      const response = await fetch(`${address}/api/session`, { headers: basic(pair) });
      expect(response.status, pair).toBe(401);
    }
  });

  it('lets nobody guess without end', async () => {
    const address = await start({ credentials: await withToken() });
    const login = () =>
      fetch(`${address}/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'token=guess',
      });
    const known = { authorization: `Bearer ${TOKEN}` };
    expect((await fetch(`${address}/api/ticks`, { headers: known })).status).toBe(200);
    const statuses = (await Promise.all(Array.from({ length: 12 }, login))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 429).length).toBe(2);
    const script = await fetch(`${address}/api/ticks`, { headers: { authorization: 'Bearer x' } });
    expect([script.status, await script.json()]).toEqual([
      429,
      { error: expect.stringMatching(/^too many wrong secrets .*; wait \d+s$/) as string },
    ]);
    expect(Number(script.headers.get('retry-after'))).toBeGreaterThan(0);
    // Who has shown the right one before is not held up by others.
    expect((await fetch(`${address}/api/ticks`, { headers: known })).status).toBe(200);
  });

  it.each([
    ['an address without a meaning', 'GET /%ff HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ])('answers %s with an error, under the same policy', async (_what, text, status) => {
    const { port } = new URL(await start({ credentials: await withToken() }));
    const socket = connect(Number(port), '127.0.0.1').end(text);
    const answer = (await socket.setEncoding('utf8').toArray()).join('');
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
    expect(answer).toContain("content-security-policy: default-src 'none'");
    expect(answer).toMatch(/\r\n\r\n\{"error":"[a-z ]+"\}$/);
  });
});

describe('muster dashboard', () => {
  const run = (args: readonly string[], stdin?: string) =>
    muster(['dashboard', '--redis', redis.url, '--fleet', fleetFile, ...args], {
      ...(stdin !== undefined && { stdin }),
    });

  it.each([
    [['--host', '0.0.0.0'], /--host 0\.0\.0\.0: .*MUSTER_DASHBOARD_TOKEN.*--credentials-file/],
    [['--port', '99999'], /Expected a port/],
    [['--token-file', '/nowhere'], /--token-file \/nowhere: .*no such file/],
    [['--token-file', 'SHORT'], /--token-file \S+short: the token has 5 characters; it needs 16/],
    [['--token-file', 'SPACED'], /spaced: the token has a space .*; expected letters, digits/],
    [['--host', '192.0.2.1', '--token-file', 'TOKEN'], /this machine has no such address/],
    [['--port', 'TAKEN'], /port \d+ of 127\.0\.0\.1 is taken: choose another with --port/],
  ])('%j is refused', async (args, message) => {
    const taken = new URL(await start()).port;
    const words: Partial<Record<string, string>> = {
      TAKEN: taken,
      TOKEN: await scratch.write('token', `${TOKEN}\n`),
      SPACED: await scratch.write('spaced', 'a token of many words\n'),
      SHORT: await scratch.write('short', 'short\n'),
    };
    const given = args.map((word) => words[word] ?? word);
    const { code, stdout, stderr } = await run(given);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('logs who came, who guessed and who changed what; the record says who cancelled', async () => {
    const people = await scratch.write('people', await credentialsLine('ada', 'a long password'));
    const flags = ['--redis', redis.url, '--fleet', fleetFile];
    const dashboard = startMuster([
      'dashboard',
      ...flags,
      '--port',
      '0',
      '--allow-changes',
      '--credentials-file',
      people,
    ]);
    const { address } = await dashboard.logged('ready');
    const tick = ['tick', ...flags, '--lane', 'night', '--on', 'edge1', '--no-wait', '--', 'true'];
    expect(await muster(tick)).toMatchObject({ code: 0, stdout: 'night-1\n' });
    const cancelAs = (pair: string) =>
      fetch(`${String(address)}/api/ticks/night-1/cancel`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: '{"reason": "wrong image"}',
      });
    expect((await cancelAs('ada:a wrong password')).status).toBe(401);
    expect((await cancelAs('ada:a long password')).status).toBe(200);
    dashboard.kill('SIGTERM');
    const { stderr } = await dashboard.ended;
    const lines = stderr.trim().split('\n');
    const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const where = '127.0.0.1';
    expect(said.filter((line) => line['where'] === where)).toMatchObject([
      { level: 40, msg: 'a wrong secret' },
      { level: 30, user: 'ada', msg: 'let in' },
      { user: 'ada', request: 'POST /api/ticks/night-1/cancel', msg: 'a change is asked for' },
    ]);
    expect(stderr).not.toMatch(/wrong password|long password|Basic/);

    const combiner = startMuster(['combiner', '--redis', redis.url]);
    onTestFinished(async () => {
      combiner.kill('SIGTERM');
      await combiner.ended;
    });
    await combiner.logged('tick closed');
    const { stdout } = await muster(['show', 'night-1', '--redis', redis.url, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'cancelled',
      failure: { message: expect.stringContaining('cancelled (wrong image, by ada)') as string },
    });
  });

  it('makes a line for the credentials file', async () => {
    const { code, stdout } = await run(['--make-credentials', 'ada'], 'a long password\n');
    expect(code).toBe(0);
    const credentials = await Credentials.from({ file: { name: 'people', text: stdout } });
    expect(await credentials?.byPassword('ada', 'a long password')).toEqual({ name: 'ada' });
  });
});
