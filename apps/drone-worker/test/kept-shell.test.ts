/** Kept shells: what a drone without python3 has in place of a keeper. */
import { access, constants, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  killProcessesWith,
  processesWith,
  scratchDir,
  startSshdLab,
  until,
  type ScratchDir,
  type SshdLab,
  type SshdLabOptions,
} from '@muster/testing';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { KeptShells } from '../src/kept-shell/kept-shells.js';
import { ProcessLostError, runProcess } from '../src/process/run-process.js';
import { createSshTransport, SshConnectionPool } from '../src/transport/ssh/index.js';
import type { Session } from '../src/transport/transport.js';
import { withKeptShells } from './ways-to-start.js';

let dir: ScratchDir;
beforeEach(async () => {
  dir = await scratchDir();
});
afterEach(async () => {
  await killProcessesWith(dir.path);
  await dir.remove();
});

const never = () => new AbortController().signal;
const place = () => ({ mark: dir.path, confirm: () => Promise.resolve(5_000) });

/** Runs a process on the drone; its mark is the test's own directory. */
async function run(session: Session, ...argv: string[]) {
  const spec = { argv, maxOutputBytes: 1_000, env: { MUSTER_MARK: dir.path } };
  const { exitCode, signal, stdout, stderr } = await runProcess(session, spec, place(), never());
  return { exitCode, signal, stdout: stdout.text(), stderr: stderr.text() };
}

/** What carries the mark of a process; the shells of a drone do not. */
const left = () => processesWith(`MUSTER_MARK=${dir.path}`);

const parentOf = async (session: Session) =>
  Number((await run(session, '/bin/sh', '-c', 'echo $PPID')).stdout);

const appeared = (file: string) =>
  until(`${file} is there`, async () => (await readFile(file, 'utf8').catch(() => '')) !== '');

/** A drone that has these programs alone, and why it has no keeper. */
async function smallDrone(programs: readonly string[] = ['setsid', 'sleep'], maxSessions = 10) {
  const place = join(dir.path, 'programs');
  await mkdir(place);
  for (const name of programs) await symlink(await programNamed(name), join(place, name));
  return droneOf(await startLab({ maxSessions, loginShell: `env PATH=${place} /bin/sh` }));
}

async function programNamed(name: string): Promise<string> {
  const places = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, name));
  for (const file of places) {
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  throw new Error(`there is no ${name}`);
}

async function startLab(settings: SshdLabOptions = {}): Promise<SshdLab> {
  const lab = await startSshdLab({ targets: 1, ...settings });
  onTestFinished(() => lab.stop());
  return lab;
}

async function droneOf({ targets, user, identityFile, knownHostsFile }: SshdLab) {
  const fallbacks: string[] = [];
  const onFallback = (_: string, why: string) => fallbacks.push(why);
  const pool = new SshConnectionPool({ agentSocket: null, onFallback });
  const close = () => pool.close();
  onTestFinished(close);
  const { address = '', port = 0 } = targets[0] ?? {};
  const connected = await createSshTransport(pool, {
    ...{ drone: 'box', address, port, user, hostKeyPolicy: 'strict' },
    identityFiles: [identityFile],
    knownHosts: [knownHostsFile],
  }).connect(20_000, never());
  if (!connected.ok) throw new Error(connected.failure.message);
  return { session: connected.session, fallbacks, close };
}

it('starts the processes of a drone without python3, and that is said once', async () => {
  const { session, fallbacks } = await smallDrone();
  const server = await parentOf(session);
  const shell = await parentOf(session);
  expect(shell).not.toBe(server);
  for (let call = 0; call < 3; call += 1) expect(await parentOf(session)).toBe(shell);
  expect(fallbacks).toEqual([expect.stringMatching(/^python3 ended \(exit 127\): .*not found/)]);
});

it('is not there without setsid either: each process has a shell of its own', async () => {
  const { session } = await smallDrone([]);
  const server = await parentOf(session);
  for (let call = 0; call < 2; call += 1) expect(await parentOf(session)).toBe(server);
});

it('is not used again while something holds its outputs, which nobody else hears', async () => {
  const { session } = await smallDrone();
  await run(session, '/bin/sh', '-c', 'exit');
  const shell = await parentOf(session);
  const leaves = '( trap "" PIPE; sleep 1; echo stray; sleep 600 ) & echo own';
  expect((await run(session, '/bin/sh', '-c', leaves)).stdout).toBe('own\n');
  const next = await run(session, '/bin/sh', '-c', 'sleep 1; echo $PPID');
  expect(next.stdout).toMatch(/^\d+\n$/);
  expect(Number(next.stdout)).not.toBe(shell);
  expect((await left()).length).toBeGreaterThan(0);
});

it('knows what is left behind from what has ended, when there was much of both', async () => {
  const { session } = await smallDrone();
  await run(session, '/bin/sh', '-c', 'exit');
  const shell = await parentOf(session);
  const many = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do ( : ) & done; wait';
  await run(session, '/bin/sh', '-c', many);
  expect(await parentOf(session)).toBe(shell);
  await run(session, '/bin/sh', '-c', `${many}; ( setsid sleep 600 & )`);
  expect(await parentOf(session)).not.toBe(shell);
});

it('is ended before anybody has asked which process it is: that is proven', async () => {
  const { session } = await smallDrone(['setsid', 'sleep', 'grep']);
  await run(session, '/bin/sh', '-c', 'exit');
  await parentOf(session);
  const file = join(dir.path, 'up');
  const ending = new AbortController();
  const argv = ['/bin/sh', '-c', 'echo up >"$0"; exec sleep 600', file];
  const spec = { argv, maxOutputBytes: 1_000, env: { MUSTER_MARK: dir.path } };
  const ended = runProcess(session, spec, place(), ending.signal);
  await Promise.all([
    expect(ended).rejects.toMatchObject({ name: 'ProcessEndedError', ended: 'confirmed' }),
    appeared(file).then(() => {
      ending.abort();
    }),
  ]);
  expect(await left()).toEqual([]);
});

it('stays in use when what is left behind holds nothing', async () => {
  const { session } = await smallDrone();
  await run(session, '/bin/sh', '-c', 'exit');
  const shell = await parentOf(session);
  // Until its outputs are its own, it holds those of the call.
  const apart = 'while [ /proc/$!/fd/2 -ef /proc/$$/fd/2 ]; do :; done';
  await run(session, '/bin/sh', '-c', `sleep 600 >/dev/null 2>&1 & ${apart}`);
  expect(await parentOf(session)).toBe(shell);
  expect((await left()).length).toBe(1);
});

it('has one for each of many processes at once, and keeps a few', async () => {
  const { session } = await smallDrone();
  await run(session, '/bin/sh', '-c', 'exit');
  const said = Array.from({ length: 12 }, async (_, index) => {
    const text = String(index).repeat(200);
    const ended = await run(session, '/bin/sh', '-c', 'sleep 0.1; echo "$0"; echo e >&2', text);
    return [ended.stdout, ended.stderr];
  });
  const expected = said.map((_, index) => [`${String(index).repeat(200)}\n`, 'e\n']);
  expect(await Promise.all(said)).toEqual(expected);
});

it('is killed: what it had started is ended, with proof, and the next process starts', async () => {
  const { session } = await smallDrone(['setsid', 'sleep', 'grep']);
  await run(session, '/bin/sh', '-c', 'exit');
  const shell = await parentOf(session);
  const file = join(dir.path, 'up');
  const lost = run(session, '/bin/sh', '-c', 'echo up >"$0"; exec sleep 600', file).catch(
    (error: unknown) => error,
  );
  await appeared(file);
  process.kill(shell, 'SIGKILL');
  const error = await lost;
  if (!(error instanceof ProcessLostError)) throw error;
  expect(error.ended).toBe('confirmed');
  expect(await left()).toEqual([]);
  expect(await parentOf(session)).not.toBe(shell);
});

it('is let go: what still runs is ended, first with TERM', async () => {
  const { session, close } = await smallDrone();
  await run(session, '/bin/sh', '-c', 'exit');
  await parentOf(session);
  const [up, ended] = [join(dir.path, 'up'), join(dir.path, 'ended')];
  const heeds = 'trap \'echo ended >"$1"; exit\' TERM; echo up >"$0"; sleep 600 & wait';
  const lost = run(session, '/bin/sh', '-c', heeds, up, ended).catch(() => undefined);
  await appeared(up);
  await close();
  await lost;
  await until('it is gone', async () => (await left()).length === 0);
  expect(await readFile(ended, 'utf8')).toBe('ended\n');
});

it('finds its own programs whatever PATH a call gives', async () => {
  const { session } = await smallDrone();
  await run(session, '/bin/sh', '-c', 'exit');
  const spec = { argv: ['/bin/echo', 'hi'], maxOutputBytes: 1_000, env: { PATH: '/nowhere' } };
  const { exitCode, stdout } = await runProcess(session, spec, place(), never());
  expect([exitCode, stdout.text()]).toEqual([0, 'hi\n']);
});

it('gives each process outputs that nobody has set anything on', async () => {
  const { session } = await droneOf(await startLab());
  const kept = withKeptShells(() => Promise.resolve(session));
  const small = await kept();
  const unblock = 'import os; os.set_blocking(1, False); os.set_blocking(2, False)';
  expect(await run(small, 'python3', '-c', unblock)).toMatchObject({ exitCode: 0 });
  const flood = await run(small, '/bin/sh', '-c', 'head -c 3000000 /dev/zero; echo $? >&2');
  expect(flood.stderr).toBe('0\n');
  small.release();
});

it('that has lost a part of itself is not waited for', async () => {
  const { session } = await smallDrone(['setsid', 'sleep', 'grep']);
  await run(session, '/bin/sh', '-c', 'exit');
  const third =
    'read -r _ _ _ g _ </proc/$PPID/stat; read -r a b c </proc/$g/task/$g/children; kill -9 $c';
  const lost = run(session, '/bin/sh', '-c', `${third}; exec sleep 600`);
  await expect(lost).rejects.toThrow(ProcessLostError);
  expect(await run(session, 'sleep', '0')).toMatchObject({ exitCode: 0 });
});

it('has a process with the signals, descriptors and group that it has in a shell of its own', async () => {
  const { session } = await droneOf(await startLab());
  const shells = new KeptShells(
    (script, signal) => session.openShell(script, signal),
    () => false,
  );
  onTestFinished(() => {
    shells.close();
  });
  const shell = await shells.get(never());
  if (shell === null) throw new Error('no kept shell');
  const look =
    'grep -E "^Sig(Ign|Blk)" /proc/self/status; ls /proc/$$/fd; ps -o pgid= -p $$ | grep -c $$';
  const kept = { ...session, starter: () => Promise.resolve(shell.open.bind(shell)) };
  const inKept = await run(kept, '/bin/sh', '-c', look);
  expect(inKept.stdout).toMatch(/\n1\n$/);
  expect(inKept).toEqual(await run(session, '/bin/sh', '-c', look));
});

it('is shared by many where a server allows two channels, and gives them back', async () => {
  const { session, fallbacks } = await smallDrone(['setsid', 'sleep', 'cat'], 2);
  await run(session, 'sleep', '0');
  const parents = await Promise.all(Array.from({ length: 12 }, () => parentOf(session)));
  expect(new Set(parents).size).toBeLessThan(12);
  expect(fallbacks).toEqual([expect.stringMatching(/^python3 ended/)]);
  // Somebody needs both channels.
  const others = await Promise.all([0, 1].map(() => session.openShell('exec cat', never())));
  for (const other of others) other.stdin.end();
  await Promise.all(others.map(({ exited }) => exited));
  expect(await run(session, 'sleep', '0')).toMatchObject({ exitCode: 0 });
  session.release();
});
