/** The keeper of a drone: when there is one, when there is none, and what becomes of its processes. */
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  killProcessesWith,
  processesWith,
  scratchDir,
  startSshdLab,
  until,
  type ScratchDir,
} from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ProcessLostError, runProcess } from '../src/process/run-process.js';
import { LocalTransport } from '../src/transport/local.js';
import { createSshTransport, SshConnectionPool } from '../src/transport/ssh/index.js';
import type { Session } from '../src/transport/transport.js';
import { keeperIsThere } from './ways-to-start.js';

let dir: ScratchDir;
beforeEach(async () => {
  dir = await scratchDir();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await killProcessesWith(dir.path);
  await dir.remove();
});

function never(): AbortSignal {
  return new AbortController().signal;
}

/** Runs a process on the drone; its mark is the test's own directory. */
function run(session: Session, ...argv: string[]) {
  return runMarked(dir.path, session, ...argv);
}

async function runMarked(mark: string, session: Session, ...argv: string[]) {
  const spec = { argv, maxOutputBytes: 1_000, env: { MUSTER_MARK: mark } };
  const place = { mark, confirm: () => Promise.resolve(5_000) };
  const { exitCode, signal, stdout, stderr } = await runProcess(session, spec, place, never());
  return { exitCode, signal, stdout: stdout.text(), stderr: stderr.text() };
}

/** This machine as a drone, and why it went over to shells. */
async function localDrone(): Promise<{ session: Session; fallbacks: string[]; close: () => void }> {
  const fallbacks: string[] = [];
  const transport = new LocalTransport((why) => {
    fallbacks.push(why);
  });
  const close = () => {
    transport.close();
  };
  onTestFinished(close);
  const connected = await transport.connect();
  if (!connected.ok) throw new Error(connected.failure.message);
  return { session: connected.session, fallbacks, close };
}

const appeared = (file: string) =>
  until(`${file} is there`, async () => (await readFile(file, 'utf8').catch(() => '')) !== '');

const parentOf = async (session: Session) =>
  Number((await run(session, '/bin/sh', '-c', 'echo $PPID')).stdout);

it('starts every process but the first, and stays', async () => {
  const { session, fallbacks } = await localDrone();
  expect(await parentOf(session)).toBe(process.pid);
  await keeperIsThere(session);
  const parents = new Set<number>();
  for (let call = 0; call < 3; call += 1) parents.add(await parentOf(session));
  expect(parents.size).toBe(1);
  expect(parents).not.toContain(process.pid);
  expect(fallbacks).toEqual([]);
});

it('runs many at once, each with outputs of its own', async () => {
  const { session } = await localDrone();
  await keeperIsThere(session);
  const said = Array.from({ length: 40 }, async (_, index) => {
    const text = String(index).repeat(200);
    return (await run(session, 'sh', '-c', 'sleep 0.1; echo "$0"', text)).stdout === `${text}\n`;
  });
  expect(await Promise.all(said)).not.toContain(false);
});

it('gives its processes the environment that it was given, and nothing of python', async () => {
  for (const name of ['LANG', 'LC_ALL', 'LC_CTYPE']) vi.stubEnv(name, undefined);
  const { session } = await localDrone();
  await keeperIsThere(session);
  expect((await run(session, 'sh', '-c', 'echo "${LC_CTYPE-none}"')).stdout).toBe('none\n');
});

it('passes on what a process leaves in its pipes when it ends', async () => {
  const { session } = await localDrone();
  await keeperIsThere(session);
  const spec = { argv: ['sh', '-c', 'printf %060000d 0; printf %060000d 0 >&2'] };
  const { stdout, stderr } = await runProcess(
    session,
    { ...spec, maxOutputBytes: 100_000 },
    { mark: dir.path, confirm: () => Promise.resolve(5_000) },
    never(),
  );
  expect([stdout.bytes().length, stderr.bytes().length]).toEqual([60_000, 60_000]);
});

it('is killed: what it had started is ended, with proof, and the next process starts', async () => {
  const { session, fallbacks } = await localDrone();
  await keeperIsThere(session);
  const keeper = await parentOf(session);
  const file = join(dir.path, 'up');
  const lost = run(session, 'sh', '-c', 'echo up >"$0"; exec sleep 600', file).catch(
    (error: unknown) => error,
  );
  await appeared(file);
  process.kill(keeper, 'SIGKILL');
  const error = await lost;
  if (!(error instanceof ProcessLostError)) throw error;
  expect(error.ended).toBe('confirmed');
  expect(error.message).toContain('SIGKILL');
  expect(await processesWith(dir.path)).toEqual([]);
  expect(await run(session, 'true')).toMatchObject({ exitCode: 0 });
  expect(fallbacks).toEqual(['the keeper on the drone ended (SIGKILL)']);
});

it('is killed before it has its order: the next in line is a shell, and nothing is lost', async () => {
  const { session } = await localDrone();
  await keeperIsThere(session);
  const keeper = await parentOf(session);
  let asked = 0;
  const confirm = async () => {
    asked += 1;
    if (asked === 1) {
      process.kill(keeper, 'SIGKILL');
      await until('it is gone', () => session.startedKeeper() === null);
    }
    return 5_000;
  };
  const spec = { argv: ['echo', 'once'], maxOutputBytes: 1_000 };
  const { stdout } = await runProcess(session, spec, { mark: dir.path, confirm }, never());
  expect([stdout.text(), asked]).toEqual(['once\n', 2]);
});

it('is frozen: what it runs is ended another way, and it is given up', async () => {
  const { session, fallbacks } = await localDrone();
  await keeperIsThere(session);
  const keeper = await parentOf(session);
  const file = join(dir.path, 'up');
  const lost = run(session, 'sh', '-c', 'echo up >"$0"; exec sleep 600', file).catch(
    (error: unknown) => error,
  );
  await appeared(file);
  process.kill(keeper, 'SIGSTOP');
  onTestFinished(() => {
    process.kill(keeper, 'SIGKILL');
  });
  // Nobody knows whether it has taken this order.
  const next = await runMarked(`${dir.path}/next`, session, 'true').catch(
    (error: unknown) => error,
  );
  expect(next).toMatchObject({ name: 'ProcessLostError', ended: 'unconfirmed' });
  expect(await lost).toMatchObject({ name: 'ProcessLostError', ended: 'confirmed' });
  expect(await run(session, 'true')).toMatchObject({ exitCode: 0 });
  expect(fallbacks).toEqual(['the keeper on the drone says nothing']);
});

it('is let go: what still runs is ended, first with TERM', async () => {
  const { session, close } = await localDrone();
  await keeperIsThere(session);
  const [up, ended] = [join(dir.path, 'up'), join(dir.path, 'ended')];
  const heeds = 'trap \'echo ended >"$1"; exit\' TERM; echo up >"$0"; sleep 600 & wait';
  const lost = run(session, 'sh', '-c', heeds, up, ended).catch(() => undefined);
  await appeared(up);
  close();
  await lost;
  await until('it is gone', async () => (await processesWith(dir.path)).length === 0);
  expect(await readFile(ended, 'utf8')).toBe('ended\n');
});

it('is not there when python3 is something else', async () => {
  await dir.write('python3', '#!/bin/sh\necho no >&2; exit 3\n', 0o755);
  vi.stubEnv('PATH', `${dir.path}:${process.env['PATH'] ?? ''}`);
  const { session, fallbacks } = await localDrone();
  for (let call = 0; call < 2; call += 1)
    expect(await run(session, 'true')).toMatchObject({ exitCode: 0 });
  expect(fallbacks).toEqual(['python3 ended (exit 3): no']);
});

it('that does not get ready holds up one process for a second, and leaves nothing behind', async () => {
  await dir.write('python3', '#!/bin/sh\nexec sleep 600\n', 0o755);
  vi.stubEnv('PATH', `${dir.path}:${process.env['PATH'] ?? ''}`);
  const { session, fallbacks } = await localDrone();
  await run(session, 'true');
  await run(session, 'true');
  expect(fallbacks).toEqual([]);
  await run(session, 'true');
  expect(fallbacks).toEqual([]);
  expect((await processesWith(dir.path)).length).toBe(1);
  await until('it is given up', () => fallbacks.length > 0);
  expect(fallbacks).toEqual(['python3 said nothing for 5000ms']);
  await until('it is gone', async () => (await processesWith(dir.path)).length === 0);
});

describe('a process of a keeper', () => {
  let session: Session;
  beforeEach(async () => {
    ({ session } = await localDrone());
    await keeperIsThere(session);
  });

  it('knows where it is, also through a link', async () => {
    const real = join(dir.path, 'real', 'deep');
    await mkdir(real, { recursive: true });
    const link = join(dir.path, 'link');
    await symlink(join(dir.path, 'real'), link);
    const spec = { argv: ['sh', '-c', 'echo "$PWD"; pwd'], maxOutputBytes: 1_000, cwd: 'deep' };
    const place = { mark: dir.path, workdir: link, confirm: () => Promise.resolve(5_000) };
    const { stdout } = await runProcess(session, spec, place, never());
    expect(stdout.text()).toBe(`${link}/deep\n${link}/deep\n`);
  });

  it('is found on the PATH that the call gives', async () => {
    await dir.write('odd-name', '#!/bin/sh\necho found\n', 0o755);
    const spec = {
      argv: ['odd-name'],
      maxOutputBytes: 1_000,
      env: { PATH: `/nowhere:${dir.path}` },
    };
    const place = { mark: dir.path, confirm: () => Promise.resolve(5_000) };
    expect((await runProcess(session, spec, place, never())).stdout.text()).toBe('found\n');
  });

  it('may be a script that names no interpreter', async () => {
    const file = await dir.write('plain', 'echo "$1"\n', 0o755);
    expect(await run(session, file, 'as sh')).toMatchObject({ exitCode: 0, stdout: 'as sh\n' });
  });

  it('is 127 when it is not there, and 126 when it may not be run', async () => {
    const file = await dir.write('data', 'no program', 0o644);
    expect(await run(session, 'no-such-command')).toMatchObject({
      exitCode: 127,
      stderr: 'exec: no-such-command: not found\n',
    });
    expect(await run(session, file)).toMatchObject({
      exitCode: 126,
      stderr: `exec: ${file}: Permission denied\n`,
    });
  });

  it('has the signals as they are in a shell', async () => {
    const ignored = await run(session, 'grep', '-E', '^Sig(Ign|Blk)', '/proc/self/status');
    // The two that the C library keeps for itself do not count.
    expect(ignored.stdout).toMatch(/^SigBlk:\s+0+\nSigIgn:\s+0+(180000000)?\n$/);
  });

  it('has the name of the signal that ended it', async () => {
    expect(await run(session, 'sh', '-c', 'kill -ABRT $$')).toMatchObject({ signal: 'SIGABRT' });
  });

  it('has no descriptor but its three', async () => {
    const { stdout } = await run(session, 'sh', '-c', 'ls /proc/$$/fd');
    expect(stdout.trim().split('\n')).toEqual(['0', '1', '2']);
  });
});

it('gives its channel back where a server allows a single one', async () => {
  const lab = await startSshdLab({ targets: 1, maxSessions: 1 });
  const pool = new SshConnectionPool({ agentSocket: null });
  onTestFinished(async () => {
    await pool.close();
    await lab.stop();
  });
  const { address = '', port = 0 } = lab.targets[0] ?? {};
  const connected = await createSshTransport(pool, {
    drone: 'box',
    address,
    port,
    user: lab.user,
    identityFiles: [lab.identityFile],
    knownHosts: [lab.knownHostsFile],
    hostKeyPolicy: 'strict',
  }).connect(20_000, never());
  if (!connected.ok) throw new Error(connected.failure.message);
  const { session } = connected;
  await keeperIsThere(session);
  expect(await parentOf(session)).not.toBe(NaN);
  // SFTP needs the only channel.
  const opened = await session.openFiles(never());
  opened.close();
  expect(await run(session, 'true')).toMatchObject({ exitCode: 0 });
  session.release();
});
