/** The SSH transport against a real sshd, and against servers that misbehave. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  makeSshKey,
  startClosingServer,
  startFloodingServer,
  startSilentServer,
  startSshdLab,
  startTcpProxy,
  type OddServer,
  type SshdLab,
} from '@muster/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createSshTransport,
  SshConnectionPool,
  type SshPoolOptions,
  type SshTarget,
} from '../src/transport/ssh/index.js';
import { SessionLostError, type Shell } from '../src/transport/shell.js';
import type { Session } from '../src/transport/transport.js';

const run = promisify(execFile);
const CONNECT_MS = 20_000;

let lab: SshdLab;
beforeAll(async () => {
  lab = await startSshdLab({ targets: 60, hostKeys: ['ed25519', 'ecdsa', 'rsa'], maxSessions: 2 });
});
afterAll(() => lab.stop());

const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

function newPool(options: SshPoolOptions = {}): SshConnectionPool {
  const pool = new SshConnectionPool({ agentSocket: null, ...options });
  toClose.push(() => pool.close());
  return pool;
}

async function started<Odd extends OddServer>(server: Promise<Odd>): Promise<Odd> {
  const odd = await server;
  toClose.push(() => odd.stop());
  return odd;
}

function target(index: number, changes: Partial<SshTarget> = {}): SshTarget {
  const place = lab.targets[index];
  if (place === undefined) throw new Error(`the lab has no target ${index}`);
  return {
    drone: place.name,
    address: place.address,
    port: place.port,
    user: lab.user,
    identityFiles: [lab.identityFile],
    knownHosts: [lab.knownHostsFile],
    hostKeyPolicy: 'strict',
    ...changes,
  };
}

const never = () => new AbortController().signal;

function connect(pool: SshConnectionPool, to: SshTarget, timeoutMs = CONNECT_MS, signal = never()) {
  return createSshTransport(pool, to).connect(timeoutMs, signal);
}

async function session(pool: SshConnectionPool, to: SshTarget): Promise<Session> {
  const connected = await connect(pool, to);
  if (!connected.ok) throw new Error(connected.failure.message);
  return connected.session;
}

async function failure(pool: SshConnectionPool, to: SshTarget, timeoutMs = CONNECT_MS) {
  const connected = await connect(pool, to, timeoutMs);
  if (connected.ok) throw new Error(`connected to ${to.address}`);
  return connected.failure;
}

async function all(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Runs a script to its end. */
async function outcome(from: Session, script: string, stdin = '') {
  const shell = await from.openShell(script, never());
  shell.stdin.end(stdin);
  const [stdout, stderr, exit] = await Promise.all([
    all(shell.stdout),
    all(shell.stderr),
    shell.exited,
  ]);
  return { ...exit, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Resolves once the shell has written its first bytes. */
const firstBytes = (shell: Shell) => once(shell.stdout, 'data');

/** Makes the clock go on, without waiting. */
function letTimePass(milliseconds: number): void {
  const now = performance.now.bind(performance);
  const later = vi.spyOn(performance, 'now').mockImplementation(() => now() + milliseconds);
  toClose.push(() => {
    later.mockRestore();
    return Promise.resolve();
  });
}

const logins = () => lab.log.filter((line) => line.includes('Accepted publickey')).length;

describe('a shell', () => {
  it('has separate outputs, an input and an exit status', async () => {
    const drone = await session(newPool(), target(0));
    expect(await outcome(drone, 'cat; echo to stderr >&2; exit 7', 'to stdin')).toEqual({
      stdout: 'to stdin',
      stderr: 'to stderr\n',
      exitCode: 7,
      signal: null,
    });
    expect(drone.sharesClock).toBe(false);
  });

  it('says which signal ended it', async () => {
    const drone = await session(newPool(), target(0));
    expect(await outcome(drone, 'kill -KILL $$')).toMatchObject({
      exitCode: null,
      signal: 'SIGKILL',
    });
  });

  it('loses nothing of what it wrote before anyone listened, not even after its end', async () => {
    const drone = await session(newPool(), target(0));
    const script = 'head -c 1048576 /dev/zero | tr "\\0" x; echo late >&2';
    const shell = await drone.openShell(script, never());
    expect(await shell.exited).toEqual({ exitCode: 0, signal: null });
    const [stdout, stderr] = await Promise.all([all(shell.stdout), all(shell.stderr)]);
    expect(stdout.equals(Buffer.alloc(1_048_576, 'x'))).toBe(true);
    expect(stderr.toString()).toBe('late\n');
  });

  it('goes on past the SSH window when both outputs are large', async () => {
    const drone = await session(newPool(), target(0));
    const script = 'head -c 5000000 /dev/zero >&2; head -c 5000000 /dev/zero; exit 3';
    const { stdout, stderr, exitCode } = await outcome(drone, script);
    expect([stdout.length, stderr.length, exitCode]).toEqual([5_000_000, 5_000_000, 3]);
  });

  it('takes a large input', async () => {
    const drone = await session(newPool(), target(0));
    const { stdout } = await outcome(drone, 'exec wc -c', 'y'.repeat(5_000_000));
    expect(stdout.trim()).toBe('5000000');
  });

  it('is refused a script with a quote in it', async () => {
    const drone = await session(newPool(), target(0));
    await expect(drone.openShell("echo 'hi'", never())).rejects.toThrow(TypeError);
  });

  it('outlives its session, whose connection is idle only once the shell is closed', async () => {
    const pool = newPool();
    const drone = await session(pool, target(0));
    const shells = await Promise.all([1, 2].map(() => drone.openShell('exec cat', never())));
    drone.release();
    drone.release();
    await expect(drone.openShell('true', never())).rejects.toThrow(SessionLostError);
    expect(pool.stats()).toEqual({ connections: 1, idle: 0, connecting: 0 });
    const [one, two] = shells;
    one?.stdin.end();
    expect(await one?.exited).toEqual({ exitCode: 0, signal: null });
    expect(pool.stats().idle).toBe(0);
    two?.close();
    expect(pool.stats()).toEqual({ connections: 1, idle: 1, connecting: 0 });
  });
});

describe('a limit of sessions per connection', () => {
  it('makes shells wait for each other, and never fail', async () => {
    const drone = await session(newPool(), target(0));
    const runs = Array.from({ length: 20 }, (_, index) => outcome(drone, `echo ${index}`));
    const outputs = (await Promise.all(runs)).map(({ stdout }) => stdout);
    expect(outputs).toEqual(Array.from({ length: 20 }, (_, index) => `${index}\n`));
  });

  it('lets a waiting shell be given up, and leaves the others alone', async () => {
    const drone = await session(newPool(), target(0));
    const [first] = await Promise.all([1, 2].map(() => drone.openShell('echo; exec cat', never())));
    const abort = new AbortController();
    const waiting = drone.openShell('exec cat', abort.signal);
    const patient = outcome(drone, 'echo patient');
    abort.abort();
    await expect(waiting).rejects.toThrow(SessionLostError);
    first?.close();
    expect(await patient).toMatchObject({ stdout: 'patient\n', exitCode: 0 });
  });
});

describe('the files of a drone', () => {
  async function elsewhere(sftp: string | null): Promise<Session> {
    const other = await startSshdLab({ maxSessions: 3, sftp });
    toClose.push(() => other.stop());
    const [place] = other.targets;
    if (place === undefined) throw new Error('the lab has no target');
    const { address, port } = place;
    const identity = { identityFiles: [other.identityFile], knownHosts: [other.knownHostsFile] };
    return session(newPool(), target(0, { address, port, ...identity }));
  }

  it.each([
    ['has no SFTP', null],
    ['cannot start SFTP', '/no/such/sftp-server'],
  ])('of a server that %s are refused, and its shells are left alone', async (_, sftp) => {
    const to = await elsewhere(sftp);
    const shell = await to.openShell('exec cat', never());
    for (let tries = 0; tries < 5; tries += 1)
      await expect(to.openFiles(never())).rejects.toThrow(/^the SSH server at \S+ offers no SFTP$/);
    expect(await outcome(to, 'echo ok')).toMatchObject({ stdout: 'ok\n' });
    shell.close();
    to.release();
  });

  it('wait for room among the shells, and give theirs back', async () => {
    const to = await session(newPool(), target(7));
    const shells = await Promise.all([1, 2].map(() => to.openShell('exec cat', never())));
    const opening = to.openFiles(never());
    shells[0]?.close();
    for (let turn = 0; turn < 3; turn += 1) {
      const opened = turn === 0 ? await opening : await to.openFiles(never());
      expect((await opened.files.entry('/proc/self'))?.kind).toBe('link');
      opened.close();
      await expect(opened.files.entry('/')).rejects.toThrow(SessionLostError);
    }
    shells[1]?.close();
    to.release();
  });

  it('outlive their session, whose connection is idle only once they are given back', async () => {
    const pool = newPool();
    const to = await session(pool, target(8));
    const opened = await to.openFiles(never());
    to.release();
    expect(pool.stats().idle).toBe(0);
    expect((await opened.files.entry('/'))?.kind).toBe('directory');
    opened.close();
    expect(pool.stats().idle).toBe(1);
  });
});

describe('credentials', () => {
  it('are refused with the name of what was tried', async () => {
    const missing = join(lab.directory, 'missing');
    const wrong = target(0, { identityFiles: [missing, lab.wrongIdentityFile] });
    expect(await failure(newPool(), wrong)).toEqual({
      kind: 'auth_failed',
      message: `user ${lab.user}: no key was accepted (tried ${lab.wrongIdentityFile}; ${missing}: no such file)`,
    });
  });

  it('may be one good key among missing and wrong ones', async () => {
    const missing = join(lab.directory, 'missing');
    const identityFiles = [missing, lab.wrongIdentityFile, lab.identityFile];
    const drone = await session(newPool(), target(0, { identityFiles }));
    expect(await outcome(drone, 'echo in')).toMatchObject({ stdout: 'in\n' });
  });

  it('that cannot be used are no reason to knock at all', async () => {
    const server = await started(startSilentServer());
    const missing = join(lab.directory, 'missing');
    const encrypted = join(lab.directory, 'encrypted');
    await makeSshKey(encrypted, 'ed25519', 'secret');
    const to = target(0, { port: server.port, identityFiles: [missing, encrypted] });
    expect(await failure(newPool(), { ...to, address: '127.0.0.1' })).toEqual({
      kind: 'auth_failed',
      message: `user ${lab.user}: no usable key: ${missing}: no such file; ${encrypted}: is encrypted: load it into ssh-agent, or give a passphraseFile; no ssh-agent (SSH_AUTH_SOCK is not set)`,
    });
    expect(server.accepted).toBe(0);
  });

  it('may come from an ssh-agent', async () => {
    const agentSocket = join(lab.directory, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    toClose.push(async () => {
      const exit = once(agent, 'exit');
      agent.kill('SIGKILL');
      await exit;
    });
    await once(agent.stdout, 'data');
    const empty = await failure(newPool({ agentSocket }), target(0, { identityFiles: [] }));
    expect(empty).toEqual({
      kind: 'auth_failed',
      message: `user ${lab.user}: no key was accepted (tried the keys of ssh-agent)`,
    });
    await run('ssh-add', ['-q', lab.identityFile], {
      env: { ...process.env, SSH_AUTH_SOCK: agentSocket },
    });
    const drone = await session(newPool({ agentSocket }), target(0, { identityFiles: [] }));
    expect(await outcome(drone, 'echo in')).toMatchObject({ stdout: 'in\n' });
  });

  it('survive an ssh-agent that is gone', async () => {
    const agentSocket = join(lab.directory, 'no-agent');
    await session(newPool({ agentSocket }), target(0));
    expect(await failure(newPool({ agentSocket }), target(0, { identityFiles: [] }))).toMatchObject(
      {
        kind: 'auth_failed',
      },
    );
  });
});

describe('host keys', () => {
  it('that are unknown, changed or revoked are refused before we authenticate', async () => {
    const { address } = target(0);
    const before = logins();
    for (const [changes, words] of [
      [{ without: [address] }, 'is not in'],
      [{ changed: [address] }, 'has changed'],
      [{ revoked: [address] }, 'is revoked'],
    ] as const) {
      const file = await lab.writeKnownHosts(changes);
      const refusal = await failure(newPool(), target(0, { knownHosts: [file] }));
      expect(refusal.kind).toBe('host_key_mismatch');
      expect(refusal.message).toContain(words);
    }
    expect(logins()).toBe(before);
  });

  it.each(['ecdsa', 'rsa'] as const)('of the one kind on record is asked for: %s', async (kind) => {
    const file = await lab.writeKnownHosts({ hostKeys: [kind] });
    await session(newPool(), target(0, { knownHosts: [file] }));
  });

  it('of a new host are taken once with accept-new, and must stay the same', async () => {
    const file = join(lab.directory, 'fresh', 'known_hosts');
    const accepting = target(0, { knownHosts: [file], hostKeyPolicy: 'accept-new' });
    // Different keys in the pool, so that they connect at the same time.
    const others = [accepting, { ...accepting, knownHosts: [file, lab.knownHostsFile + '.none'] }];
    const pool = newPool();
    await Promise.all(others.map((to) => session(pool, to)));
    expect(pool.stats().connections).toBe(2);
    const recorded = await readFile(file, 'utf8');
    expect(recorded).toMatch(/^\[127\.1\.0\.1\]:\d+ ssh-ed25519 \S+\n$/);

    await session(newPool(), accepting);
    await session(newPool(), { ...accepting, hostKeyPolicy: 'strict' });
    expect(await readFile(file, 'utf8')).toBe(recorded);

    const changed = await lab.writeKnownHosts({ changed: [accepting.address] });
    const refusal = await failure(newPool(), { ...accepting, knownHosts: [changed] });
    expect(refusal.kind).toBe('host_key_mismatch');
  });

  it('that cannot be recorded are not trusted, nor shown our own', async () => {
    const before = logins();
    const nowhere = join(lab.identityFile, 'known_hosts');
    const to = target(0, { knownHosts: [nowhere], hostKeyPolicy: 'accept-new' });
    const refusal = await failure(newPool(), to);
    expect(refusal.kind).toBe('host_key_mismatch');
    expect(refusal.message).toContain('cannot be recorded');
    expect(logins()).toBe(before);
  });

  it('that the server replaced are changed ones for the next connection', async () => {
    const rotated = await startSshdLab();
    toClose.push(() => rotated.stop());
    const [place] = rotated.targets;
    if (place === undefined) throw new Error('the lab is empty');
    const to = {
      ...target(0),
      ...place,
      identityFiles: [rotated.identityFile],
      knownHosts: [rotated.knownHostsFile],
    };
    await session(newPool(), to);
    await rotated.rotateHostKeys();
    const refusal = await failure(newPool(), to);
    expect(refusal.kind).toBe('host_key_mismatch');
    expect(refusal.message).toContain(`${rotated.knownHostsFile}:1 records ssh-ed25519 SHA256:`);
  });
});

describe('a server', () => {
  const local = (port: number) => target(0, { address: '127.0.0.1', port, knownHosts: [] });

  it('that is not there refuses', async () => {
    const server = await startSilentServer();
    await server.stop();
    expect(await failure(newPool(), local(server.port))).toEqual({
      kind: 'unreachable',
      message: `connection refused on port ${server.port}`,
    });
  });

  it('that has no address is named', async () => {
    const nobody = { ...local(22), address: 'nobody.invalid' };
    expect(await failure(newPool(), nobody)).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/^no such host: nobody\.invalid/) as string,
    });
  });

  it('that accepts and says nothing costs the connect timeout and no more', async () => {
    const { port } = await started(startSilentServer());
    expect(await failure(newPool(), local(port), 300)).toEqual({
      kind: 'unreachable',
      message: `no SSH banner within 300ms on port ${port}`,
    });
  });

  it('that stops after its banner, too', async () => {
    const { port } = await started(startClosingServer('SSH-2.0-odd\r\n'));
    expect(await failure(newPool(), local(port))).toEqual({
      kind: 'unreachable',
      message: `the server closed the connection on port ${port} during the key exchange`,
    });
  });

  it('that is no SSH server is quoted', async () => {
    const { port } = await started(startClosingServer('HTTP/1.1 400 Bad Request\r\n'));
    expect(await failure(newPool(), local(port), 1_000)).toEqual({
      kind: 'unreachable',
      message: `the server closed the connection on port ${port} before its SSH banner (it said: HTTP/1.1 400 Bad Request)`,
    });
  });

  it.each([
    ['lines', 'welcome to the machine\r\n'.repeat(2_000)],
    ['no end of a line', 'x'.repeat(65_536)],
    ['a banner and then noise', `SSH-2.0-odd\r\n${'\xff'.repeat(65_536)}`],
  ])('that says %s without end costs its own drone, and no memory', async (_, text) => {
    const { port } = await started(startFloodingServer(text));
    const pool = newPool();
    const before = process.memoryUsage().arrayBuffers;
    const flooded = failure(pool, local(port), 1_000);
    const drone = await session(pool, target(0));
    expect(await outcome(drone, 'echo through')).toMatchObject({ stdout: 'through\n' });
    expect(await flooded).toMatchObject({ kind: 'unreachable' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('that turns connections away for a while is tried again', async () => {
    const proxy = await started(startTcpProxy(target(0).port, 3));
    const known = join(lab.directory, 'proxied');
    const to = { ...local(proxy.port), knownHosts: [known], hostKeyPolicy: 'accept-new' } as const;
    await session(newPool(), to);
    expect(proxy.accepted).toBe(4);
  });

  it('that is being waited for can be given up', async () => {
    const { port } = await started(startSilentServer());
    const pool = newPool();
    const abort = new AbortController();
    const given = connect(pool, local(port), CONNECT_MS, abort.signal);
    expect(pool.stats().connecting).toBe(1);
    abort.abort();
    expect(await given).toEqual({
      ok: false,
      failure: { kind: 'unreachable', message: `gave up connecting on port ${port}` },
    });
    expect(pool.stats().connecting).toBe(0);
    expect(await connect(pool, local(port), CONNECT_MS, abort.signal)).toMatchObject({ ok: false });
  });
});

describe('connections', () => {
  it('are made to 50 drones at once, past the limit of the server', async () => {
    const pool = newPool();
    const drones = lab.targets.slice(0, 50).map((_, index) => session(pool, target(index)));
    const outputs = (await Promise.all(drones)).map((drone) => outcome(drone, 'echo here'));
    for (const output of await Promise.all(outputs)) expect(output.stdout).toBe('here\n');
    expect(pool.stats()).toEqual({ connections: 50, idle: 0, connecting: 0 });
  });

  it('are kept, and ready for the next batch at once', async () => {
    const pool = newPool();
    const first = await session(pool, target(0));
    first.release();
    const before = logins();
    for (let time = 0; time < 5; time += 1) {
      const again = await session(pool, target(0));
      again.release();
    }
    const second = await session(pool, target(0));
    expect(await outcome(second, 'echo again')).toMatchObject({ stdout: 'again\n' });
    expect(logins()).toBe(before);
  });

  it('are shared by those who want the same target at the same time', async () => {
    const pool = newPool();
    const before = logins();
    const sessions = await Promise.all(Array.from({ length: 10 }, () => session(pool, target(0))));
    expect(logins()).toBe(before + 1);
    expect(pool.stats()).toEqual({ connections: 1, idle: 0, connecting: 0 });
    for (const one of sessions) one.release();
    expect(pool.stats()).toEqual({ connections: 1, idle: 1, connecting: 0 });
  });

  it('are not shared between different identities', async () => {
    const pool = newPool();
    await session(pool, target(0));
    const wrong = target(0, { identityFiles: [lab.wrongIdentityFile] });
    expect(await failure(pool, wrong)).toMatchObject({ kind: 'auth_failed' });
  });

  it('go on for the others when one gives up', async () => {
    const pool = newPool();
    const abort = new AbortController();
    const given = connect(pool, target(0), CONNECT_MS, abort.signal);
    const patient = connect(pool, target(0));
    abort.abort();
    expect(await given).toMatchObject({ ok: false });
    expect(await patient).toMatchObject({ ok: true });
  });

  it('are closed after five minutes without a session', async () => {
    const pool = newPool();
    const first = await session(pool, target(0));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    toClose.push(() => Promise.resolve(vi.useRealTimers()));
    first.release();
    vi.advanceTimersByTime(299_999);
    expect(pool.stats()).toEqual({ connections: 1, idle: 1, connecting: 0 });
    (await session(pool, target(0))).release();
    vi.advanceTimersByTime(299_999);
    expect(pool.stats()).toEqual({ connections: 1, idle: 1, connecting: 0 });
    vi.advanceTimersByTime(1);
    expect(pool.stats()).toEqual({ connections: 0, idle: 0, connecting: 0 });
  });

  it('make room for others: the one that has been idle longest first', async () => {
    const pool = newPool({ maxConnections: 2 });
    const [first, second] = [await session(pool, target(0)), await session(pool, target(1))];
    second.release();
    first.release();
    await session(pool, target(2));
    const before = logins();
    await session(pool, target(0));
    expect(logins()).toBe(before);
    expect(pool.stats()).toEqual({ connections: 2, idle: 0, connecting: 0 });
  });

  it('wait for room when all are in use', async () => {
    const pool = newPool({ maxConnections: 1 });
    const first = await session(pool, target(0));
    const second = session(pool, target(1));
    expect(await outcome(first, 'echo first')).toMatchObject({ stdout: 'first\n' });
    first.release();
    expect(await outcome(await second, 'echo second')).toMatchObject({ stdout: 'second\n' });
    expect(pool.stats().connections).toBe(1);
  });

  it('get the room of those that could not be made, or were lost', async () => {
    const { port } = await started(startSilentServer());
    const pool = newPool({ maxConnections: 1 });
    const failing = failure(pool, target(0, { address: '127.0.0.1', port }), 300);
    const waiting = session(pool, target(1));
    expect(await failing).toMatchObject({ kind: 'unreachable' });
    const first = await waiting;
    const next = session(pool, target(2));
    const shell = await first.openShell('echo; exec cat', never());
    await firstBytes(shell);
    await lab.killConnections();
    expect(await outcome(await next, 'echo next')).toMatchObject({ stdout: 'next\n' });
  });

  it('are closed with the pool, the ones being made included', async () => {
    const { port } = await started(startSilentServer());
    const pool = newPool();
    const drone = await session(pool, target(0));
    const shell = await drone.openShell('exec cat', never());
    const making = connect(pool, target(0, { address: '127.0.0.1', port }));
    await Promise.all([pool.close(), pool.close()]);
    await expect(shell.exited).rejects.toThrow('closed by this worker');
    expect(await making).toMatchObject({ ok: false });
    expect(await connect(pool, target(0))).toMatchObject({ ok: false });
    expect(pool.stats()).toEqual({ connections: 0, idle: 0, connecting: 0 });
  });
});

describe('a lost connection', () => {
  it('is told to everyone on it, and replaced for the next', async () => {
    const pool = newPool();
    const drone = await session(pool, target(0));
    const shells = await Promise.all([1, 2].map(() => drone.openShell('echo; exec cat', never())));
    await Promise.all(shells.map(firstBytes));
    await lab.killConnections();
    for (const shell of shells) await expect(shell.exited).rejects.toThrow(SessionLostError);
    await expect(drone.openShell('true', never())).rejects.toThrow(SessionLostError);
    const next = await session(pool, target(0));
    expect(await outcome(next, 'echo back')).toMatchObject({ stdout: 'back\n' });
  });

  it('does no harm to those who still write to it', async () => {
    const drone = await session(newPool(), target(0));
    const shell = await drone.openShell('echo; exec cat', never());
    await firstBytes(shell);
    await lab.killConnections();
    await expect(shell.exited).rejects.toThrow(SessionLostError);
    shell.stdin.write('to nobody');
    shell.stdin.end();
    shell.stdin.write('after the end');
    shell.close();
    drone.release();
  });

  describe('without a word', () => {
    /** A connection through a proxy, which can be frozen. */
    async function proxied(options: SshPoolOptions) {
      const proxy = await started(startTcpProxy(target(0).port));
      const known = join(lab.directory, `proxied-${proxy.port}`);
      const truth = await readFile(lab.knownHostsFile, 'utf8');
      const own = truth.replaceAll(/\[127\.1\.0\.1\]:\d+/g, `[127.0.0.1]:${proxy.port}`);
      await writeFile(known, own);
      const to = target(0, { address: '127.0.0.1', port: proxy.port, knownHosts: [known] });
      const pool = newPool(options);
      return { proxy, pool, to, drone: await session(pool, to) };
    }

    it('is noticed by keep-alive', async () => {
      const { proxy, drone } = await proxied({ keepAliveMs: 500, keepAliveMisses: 1 });
      const shell = await drone.openShell('exec cat', never());
      proxy.freeze();
      await expect(shell.exited).rejects.toThrow(/^connection to .* was lost: Keepalive timeout$/);
    });

    it('is noticed when a shell does not open, and tells those whose shells are open', async () => {
      const { proxy, drone } = await proxied({ openTimeoutMs: 1_500 });
      const shell = await drone.openShell('exec cat', never());
      proxy.freeze();
      await expect(drone.openShell('true', never())).rejects.toThrow(
        /did not open a shell within 1500ms$/,
      );
      await expect(shell.exited).rejects.toThrow(SessionLostError);
    });

    it('is noticed before the connection is used again, and replaced', async () => {
      const { proxy, pool, to, drone } = await proxied({});
      drone.release();
      proxy.freeze();
      letTimePass(5_000);
      const next = await session(pool, to);
      expect(await outcome(next, 'echo back')).toMatchObject({ stdout: 'back\n' });
      expect(proxy.accepted).toBe(2);
    });

    it('does not keep the pool from closing', async () => {
      const { proxy, pool } = await proxied({});
      proxy.freeze();
      await pool.close();
      expect(pool.stats().connections).toBe(0);
    });
  });

  it('is not suspected when the server answers', async () => {
    const pool = newPool();
    (await session(pool, target(0))).release();
    const before = logins();
    letTimePass(5_000);
    await session(pool, target(0));
    expect(logins()).toBe(before);
  });
});
