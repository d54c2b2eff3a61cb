/**
 * What the methods that look after processes and files do on a drone: the behaviours of the seed,
 * named by their numbers, on a local drone and on a real sshd, with real processes.
 */
import { randomBytes } from 'node:crypto';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  truncate,
  utimes,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { PidFile, RefreshResult } from '@muster/protocol';
import { silentLogger } from '@muster/runtime';
import {
  killProcessesWith,
  processesWith,
  scratchDir,
  until,
  type ScratchDir,
} from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadMethods } from '../src/index.js';
import { CallFailedError, type DroneTransport } from '../src/methods/define-methods.js';
import { droneTransport } from '../src/process/drone-transport.js';
import { ProcessEndedError } from '../src/process/run-process.js';
import { TransferSlots } from '../src/transfer/transfer-slots.js';
import { SessionLostError } from '../src/transport/shell.js';
import type { Session } from '../src/transport/transport.js';

/** Milliseconds within which a worker's order may reach its shell. */
const ORDER_MS = 5_000;
const ROOT = process.getuid?.() === 0;

/** `lose` has the drone lose its connection, in whatever way its transport can. */
export function describeMethods(
  kind: string,
  connect: () => Promise<Session>,
  lose: (session: Session) => Promise<void>,
): void {
  let session: Session;
  let dir: ScratchDir;
  let warnings: string[];

  beforeEach(async () => {
    session = await connect();
    dir = await scratchDir();
    warnings = [];
  });
  afterEach(async () => {
    session.release();
    await killProcessesWith(dir.path);
    await dir.remove();
  });

  const at = (...names: string[]) => join(dir.path, ...names);
  const textOf = (name: string) => readFile(at(name), 'utf8');
  /** Resolves once a process has written something to the file. */
  const appeared = (name: string) =>
    until(`${name} is there`, async () => (await textOf(name).catch(() => '')) !== '');
  const lives = async (pid: number) =>
    (await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '')) !== '';

  /** The transport of one call, by its place in its batch. */
  function transportOf(
    index: number,
    signal = new AbortController().signal,
    transfers = new TransferSlots(),
    over = session,
  ): DroneTransport {
    const mark = `${dir.path}/box/${String(index)};`;
    const marks = { MUSTER_TICK: 'suite-1', MUSTER_DRONE: 'box', MUSTER_MARK: mark };
    const place = { mark, confirm: () => Promise.resolve(ORDER_MS) };
    return droneTransport(over, marks, { ...place, workdir: dir.path }, transfers, signal);
  }

  async function call(method: string, args: unknown, transport = transportOf(0)): Promise<unknown> {
    const found = (await loadMethods()).get(method);
    if (found === undefined) throw new Error(`no method ${method}`);
    const warn = (message: string) => void warnings.push(message);
    const context = { drone: 'box', signal: new AbortController().signal, log: silentLogger, warn };
    return found.run({ ...context, transport }, found.args.parse(args));
  }

  const spawn = async (args: unknown) => ((await call('spawn', args)) as { pid: number }).pid;
  const exec = (shell: string, transport?: DroneTransport) => call('exec', { shell }, transport);
  const refresh = async (pidFiles: string[], transport?: DroneTransport) =>
    (await call('refresh', { pidFiles }, transport)) as RefreshResult;

  /** A drone whose `head` is this script in front of the real one, which it finds as $head. */
  async function withHead(script: string): Promise<DroneTransport> {
    await mkdir(at('bin'));
    await dir.write(
      'bin/head',
      `#!/bin/sh\nhead=${await realHead()}\n${script}\nexec "$head" "$@"\n`,
    );
    await chmod(at('bin', 'head'), 0o755);
    const transport = transportOf(1);
    const PATH = `${at('bin')}:${process.env['PATH'] ?? ''}`;
    return {
      ...transport,
      run: (spec) => transport.run({ ...spec, env: { ...spec.env, PATH } }),
    };
  }
  async function realHead(): Promise<string> {
    return ((await exec('command -v head')) as { stdout: string }).stdout.trim();
  }

  describe(`${kind}: spawn`, () => {
    it('behaviour 31: does not wait, makes directories, puts a banner before what the command says', async () => {
      const script = 'pwd; read -r line || echo no input; echo err >&2; exec sleep 600';
      const argv = ['sh', '-c', script];
      const pid = await spawn({ argv, cwd: 'a/work', logFile: 'b/log', pidFile: 'c/pid' });
      const log = await until('it has spoken', async () => {
        const text = await textOf('b/log').catch(() => '');
        return text.includes('err\n') && text;
      });
      const [banner, ...said] = log.split('\n');
      expect(banner).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ suite-1 \["sh","-c","pwd; /);
      expect(said).toEqual([at('a', 'work'), 'no input', 'err', '']);
      expect(await textOf('c/pid')).toBe(`${String(pid)}\n`);
      expect(await lives(pid)).toBe(true);
      expect(warnings).toEqual([]);
    });

    it('behaviour 31: adds to its log, and replaces a pidfile with a warning', async () => {
      await dir.write('log', 'before\n');
      await dir.write('pid', '4194304\n0\n0\n');
      const pid = await spawn({ argv: ['sleep', '600'], logFile: at('log'), pidFile: at('pid') });
      expect(await textOf('log')).toMatch(/^before\n\S+ suite-1 \["sleep","600"\]\n$/);
      expect(await textOf('pid')).toBe(`${String(pid)}\n`);
      expect(warnings).toEqual([`${at('pid')}: replaced; it had 4194304`]);
    });

    it('leads a group and a session of its own, with the marks and its own variables', async () => {
      const env = { WORD: 'it is\n$HOME', PATH: `${at('bin')}:/usr/bin:/bin` };
      await mkdir(at('bin'));
      await dir.write('bin/mine', '#!/bin/sh\nexec sleep 600\n');
      await chmod(at('bin', 'mine'), 0o755);
      const pid = await spawn({ argv: ['mine'], env });
      const numbers = (await readFile(`/proc/${String(pid)}/stat`, 'utf8')).split(') ')[1];
      expect(numbers?.split(' ').slice(2, 4)).toEqual([String(pid), String(pid)]);
      const variables = (await readFile(`/proc/${String(pid)}/environ`, 'utf8')).split('\0');
      expect(variables).toEqual(
        expect.arrayContaining([
          'MUSTER_TICK=suite-1',
          'MUSTER_DRONE=box',
          `MUSTER_MARK=${dir.path}/box/0;`,
          `WORD=${env.WORD}`,
          `PATH=${env.PATH}`,
        ]),
      );
    });

    it('is left alone when a later call of its batch is ended, and when its connection is lost', async () => {
      const pid = await spawn({ argv: ['sleep', '600'] });
      const ending = new AbortController();
      const later = exec('echo up >up; exec sleep 600', transportOf(1, ending.signal)).catch(
        (error: unknown) => error,
      );
      await appeared('up');
      ending.abort();
      expect(await later).toBeInstanceOf(ProcessEndedError);
      await lose(session);
      expect(await processesWith(dir.path)).toEqual([{ pid, command: 'sleep 600' }]);
    });

    it('that did not get to its end leaves nothing behind', async () => {
      const ending = new AbortController();
      const transport = transportOf(0, ending.signal);
      const stuck: DroneTransport = {
        ...transport,
        run: async (spec) => {
          await transport.run(spec);
          return transport.run({ argv: ['sleep', '600'], maxOutputBytes: 0 });
        },
      };
      const call0 = call('spawn', { argv: ['sleep', '601'] }, stuck).catch((e: unknown) => e);
      await until('both run', async () => {
        const commands = (await processesWith(dir.path)).map(({ command }) => command);
        return commands.sort().join() === 'sleep 600,sleep 601';
      });
      ending.abort();
      expect(await call0).toMatchObject({ ended: 'confirmed' });
      expect(await processesWith(dir.path)).toEqual([]);
    });

    it.each([
      ['that is not there', ['/no/such/command'], '/no/such/command: command not found'],
      ['of no name on the PATH', ['no-such-command'], 'no-such-command: command not found'],
      ['that is not executable', ['./plain'], './plain: cannot be executed'],
      ['that is a directory', ['/'], '/: cannot be executed'],
      ['whose interpreter is not there', ['./orphan'], './orphan: command not found'],
    ])('fails for a command %s, and leaves no pidfile', async (_, argv, message) => {
      await dir.write('plain', 'text');
      await dir.write('orphan', '#!/no/such/interpreter\n');
      await chmod(at('orphan'), 0o755);
      const failed = call('spawn', { argv, cwd: '.', logFile: 'log', pidFile: 'pid' });
      await expect(failed).rejects.toThrow(new CallFailedError(`exit 1: ${message}`));
      await expect(textOf('pid')).rejects.toThrow(/ENOENT/);
      expect(await textOf('log')).toContain(argv[0]);
    });

    it('fails where it cannot log, work or leave its pid, and starts nothing', async () => {
      await dir.write('file', '');
      const argv = ['sleep', '600'];
      for (const place of [{ logFile: 'file/log' }, { cwd: 'file' }, { pidFile: 'file/pid' }]) {
        await expect(call('spawn', { argv, ...place })).rejects.toThrow(/^exit \d: .*file/);
      }
      expect(await processesWith(dir.path)).toEqual([]);
    });
  });

  describe(`${kind}: refresh`, () => {
    const nothing = { pid: null, exitStatus: null, failedTests: null };

    it('behaviour 28: reads pidfiles, then the process table, then the pidfiles again', async () => {
      await dir.write('pid', '4194304\n');
      await dir.write('new', '7\n');
      // The second head reads the table: the pidfiles change under its hands.
      const drone = await withHead(`echo >>'${at('heads')}'
        case $(wc -l <'${at('heads')}') in
          *2) printf '0\\n3\\n' >>'${at('pid')}'; echo 8 >'${at('late')}'; rm '${at('new')}';;
        esac`);
      const { pidFiles, pidFilesSecondRead } = await refresh(['pid', 'new', 'late'], drone);
      const started = { ...nothing, state: 'started' };
      expect(pidFiles).toEqual({ pid: { ...started, pid: 4194304 }, new: { ...started, pid: 7 } });
      expect(pidFilesSecondRead).toEqual({
        pid: { pid: 4194304, exitStatus: 0, failedTests: 3, state: 'exited' },
        late: { ...started, pid: 8 },
      });
    });

    it('behaviour 28: leaves out pidfiles that are missing or cannot be read', async () => {
      await dir.write('-n', '5\n');
      await dir.write("it's\nhere", '6\n');
      await mkdir(at('directory'));
      await exec('mkfifo pipe');
      const given = ['-n', "it's\nhere", 'missing', 'directory', 'pipe', at('-n'), '-n'];
      const { pidFiles, pidFilesSecondRead } = await refresh(given);
      const pidOf = Object.entries(pidFiles).map(([path, { pid }]) => [path, pid]);
      expect(pidOf).toEqual([
        ['-n', 5],
        ["it's\nhere", 6],
        [at('-n'), 5],
      ]);
      expect(pidFilesSecondRead).toEqual(pidFiles);
    });

    it('behaviour 29: tells the states of pidfiles apart', async () => {
      const contents = { empty: '', started: '9\n', exit_pending: '9\n0\n', exited: '9\n0\n1\n' };
      const all = { ...contents, invalid: '9\n0\n1\n2\n', ['__proto__']: 'x\n' };
      for (const [name, content] of Object.entries(all)) await dir.write(name, content);
      const { pidFiles } = await refresh(Object.keys(all));
      const states = Object.entries(pidFiles).map(([name, file]: [string, PidFile]) => [
        name,
        file.state,
      ]);
      expect(states).toEqual([
        ...[...Object.keys(contents), 'invalid'].map((name) => [name, name]),
        ['__proto__', 'invalid'],
      ]);
      expect(pidFiles['exited']).toEqual({
        pid: 9,
        exitStatus: 0,
        failedTests: 1,
        state: 'exited',
      });
      expect(pidFiles['invalid']).toEqual({ ...nothing, state: 'invalid' });
    });

    it('has every process, whatever it is called', async () => {
      const odd =
        'f=$(printf \'a) S 1\\n(\\377\'); cp "$(command -v sleep)" "$f"; ./"$f" 600 & echo $!';
      const said = (await exec(`${odd} >pid; sleep 0`)) as { stdout: string };
      expect(said.stdout).toBe('');
      const pid = Number(await textOf('pid'));
      const spawned = await spawn({ argv: ['sh', '-c', 'sleep 600; :', 'two words\n3', ''] });
      const { processes } = await refresh([]);
      const find = (wanted: number) => processes.find((one) => one.pid === wanted);
      expect(find(pid)).toMatchObject({
        command: 'a) S 1\n(\ufffd',
        args: './a) S 1\n(\ufffd 600',
      });
      expect(find(spawned)).toMatchObject({
        pgid: spawned,
        command: 'sh',
        args: 'sh -c sleep 600; : two words\n3 ',
      });
      expect(find(process.pid)).toMatchObject({ pid: process.pid, ppid: process.ppid });
      expect(processes.filter(({ ppid }) => ppid === spawned)).toMatchObject([
        { pgid: spawned, command: 'sleep', args: 'sleep 600' },
      ]);
    });

    it('behaviour 28: reads the process table again when it could not be read', async () => {
      const first = `mkdir '${at('was-asked')}' 2>/dev/null && { echo no memory >&2; exit 1; }`;
      const { processes } = await refresh([], await withHead(first));
      expect(processes.length).toBeGreaterThan(1);
    });

    it('behaviour 47: fails when the table cannot be read; that no process is there is a result', async () => {
      const gone = await spawn({ argv: ['true'] });
      await until('it is gone', async () => !(await lives(gone)));
      const { processes } = await refresh([]);
      expect(processes.filter(({ pid, args }) => pid === gone && args !== '')).toEqual([]);
      const blind = await withHead('echo cannot fork >&2; exit 1');
      await expect(refresh([], blind)).rejects.toThrow(
        new CallFailedError('the process table could not be read: exit 0: cannot fork'),
      );
    });
  });

  describe(`${kind}: kill`, () => {
    const kill = (pids: number[], graceMs?: number, transport?: DroneTransport) =>
      call('kill', { pids, ...(graceMs !== undefined && { graceMs }) }, transport);
    const stubborn = (name: string) =>
      spawn({ argv: ['sh', '-c', `trap "" TERM; sleep 600 & echo >${name}; wait; sleep 600`] });

    it('behaviour 30: ends the whole group with TERM', async () => {
      const pid = await spawn({ argv: ['sh', '-c', 'sleep 600 & sleep 600 & echo >up; wait'] });
      await appeared('up');
      expect(await processesWith(dir.path)).toHaveLength(3);
      expect(await kill([pid])).toEqual([{ pid, ended: 'term' }]);
      expect(await processesWith(dir.path)).toEqual([]);
      expect(await kill([pid])).toEqual([{ pid, ended: 'gone' }]);
    });

    it('behaviour 30: TERM, then KILL after the grace, for all groups at once, in the order given', async () => {
      const graceMs = 2_000;
      const stubborns = await Promise.all(['a', 'b', 'c'].map(stubborn));
      await Promise.all(['a', 'b', 'c'].map(appeared));
      const tame = await spawn({ argv: ['sleep', '600'] });
      const [a = 0, b = 0, c = 0] = stubborns;
      const began = performance.now();
      expect(await kill([a, tame, b, 4_194_304, c, a], graceMs)).toEqual([
        { pid: a, ended: 'kill' },
        { pid: tame, ended: 'term' },
        { pid: b, ended: 'kill' },
        { pid: 4_194_304, ended: 'gone' },
        { pid: c, ended: 'kill' },
        { pid: a, ended: 'kill' },
      ]);
      const tookMs = performance.now() - began;
      expect(tookMs).toBeGreaterThanOrEqual(graceMs);
      expect(tookMs).toBeLessThan(2 * graceMs);
      expect(await processesWith(dir.path)).toEqual([]);
    });

    it('counts zombies as gone, and what leads no group as unconfirmed', async () => {
      // It becomes a sleep, which never asks how its children ended; the first of them ends only then.
      const ends = 'until read -r parent <"/proc/$PPID/comm" && [ "$parent" = sleep ]; do :; done';
      const script =
        'setsid sh -c "$0" & echo $! >zombie; sleep 600 & echo $! >member; exec sleep 600';
      const pid = await spawn({ argv: ['sh', '-c', script, ends] });
      await until('it sleeps', async () =>
        (await processesWith(dir.path)).some(
          (one) => one.pid === pid && one.command.startsWith('sleep'),
        ),
      );
      const zombie = Number(await textOf('zombie'));
      await until('there is a zombie', async () =>
        (await readFile(`/proc/${String(zombie)}/stat`, 'utf8')).includes(') Z '),
      );
      const member = Number(await textOf('member'));
      expect(await kill([zombie, member])).toEqual([
        { pid: zombie, ended: 'gone' },
        { pid: member, ended: 'unconfirmed' },
      ]);
      expect(await lives(member)).toBe(true);
    });

    if (ROOT)
      it('says unconfirmed of what it may not signal', async () => {
        const pid = await spawn({ argv: ['sleep', '600'] });
        const transport = transportOf(1);
        const user = ['setpriv', '--reuid', '65534', '--clear-groups'];
        const asNobody: DroneTransport = {
          ...transport,
          run: (spec) => transport.run({ ...spec, argv: [...user, ...spec.argv] }),
        };
        expect(await kill([pid], 100, asNobody)).toEqual([{ pid, ended: 'unconfirmed' }]);
        expect(await lives(pid)).toBe(true);
      });

    it('of nobody is a result', async () => {
      expect(await kill([])).toEqual([]);
    });
  });

  describe(`${kind}: write`, () => {
    const write = (path: string, content: string, more: Record<string, unknown> = {}) =>
      call('write', { path, content, ...more });

    it('behaviour 32: makes missing directories, replaces, and appends', async () => {
      expect(await write('a/b/file', 'one\n')).toEqual({ bytes: 4 });
      expect(await write('a/b/file', 'two\n')).toEqual({ bytes: 4 });
      await write(at('a/b/file'), 'three', { append: true });
      expect(await textOf('a/b/file')).toBe('two\nthree');
    });

    it('behaviour 32: fails the call with the reason, and leaves what is there', async () => {
      await dir.write('file', 'mine');
      await mkdir(at('directory'));
      await expect(write('directory', 'x')).rejects.toThrow(/directory: Is a directory/i);
      await expect(write('file/x', 'x')).rejects.toThrow(CallFailedError);
      expect(await textOf('file')).toBe('mine');
      if (!ROOT) {
        await chmod(at('directory'), 0o500);
        await expect(write('directory/x', 'x')).rejects.toThrow(/Permission denied/);
      }
    });
  });

  describe(`${kind}: copy`, () => {
    const copy = (from: string, to: string) => call('copy', { from, to });
    const then = new Date('2001-02-03T04:05:06Z');

    beforeEach(async () => {
      await mkdir(at('from', 'sub'), { recursive: true });
      await dir.write('from/file', 'text');
      await dir.write('from/.hidden', '');
      await dir.write('from/sub/-n', 'deep');
      await chmod(at('from', 'file'), 0o640);
      await chmod(at('from', 'sub'), 0o710);
      await utimes(at('from', 'file'), then, then);
      await symlink('file', at('from', 'link'));
      await symlink('/no/where', at('from', 'dangling'));
    });
    const tree = async (name: string) =>
      ((await exec(`cd ${name} && find . | sort`)) as { stdout: string }).stdout.trim().split('\n');
    const whole = ['.', './.hidden', './dangling', './file', './link', './sub', './sub/-n'];

    it.each([
      ['a directory', 'from', 'made/to', whole],
      ['its contents', 'from/', 'made/to', whole],
    ])(
      'behaviour 33: %s, with links, modes and times; a second run ends in the same',
      async (_, from, to, all) => {
        for (let run = 0; run < 2; run += 1) {
          expect(await copy(from, to)).toEqual({});
          expect(await tree(to)).toEqual(all);
        }
        expect(await readlink(at(to, 'link'))).toBe('file');
        expect(await readlink(at(to, 'dangling'))).toBe('/no/where');
        const { mode, mtime } = await stat(at(to, 'file'));
        expect([(mode & 0o777).toString(8), mtime]).toEqual(['640', then]);
        expect(((await stat(at(to, 'sub'))).mode & 0o777).toString(8)).toBe('710');
      },
    );

    it('behaviour 33: contents go beside what is there, whose mode is its own', async () => {
      await mkdir(at('to'));
      await chmod(at('to'), 0o751);
      await dir.write('to/other', '');
      await dir.write('to/file', 'old');
      await copy('from/', 'to');
      expect(await tree('to')).toEqual([...whole, './other'].sort());
      expect(await textOf('to/file')).toBe('text');
      expect(((await stat(at('to'))).mode & 0o777).toString(8)).toBe('751');
    });

    it('behaviour 33: onto itself is a no-op, by whatever name', async () => {
      await symlink('from', at('alias'));
      for (const [from, to] of [
        ['from/file', 'from/file'],
        ['from/file', at('from', 'file')],
        ['from/file', 'from'],
        ['from/file', 'from/link'],
        ['from/file', 'alias/file'],
        ['from', 'from'],
        ['from/', 'alias'],
        ['from/link', 'from/file'],
      ] as const) {
        expect(await copy(from, to)).toEqual({});
      }
      expect(await textOf('from/file')).toBe('text');
      expect(await tree('from')).toEqual(whole);
    });

    it('behaviour 33: a link stays a link, and takes the place of another', async () => {
      await symlink('sub', at('from', 'to-sub'));
      await copy('from/to-sub', 'here');
      await copy('from/to-sub', 'here');
      expect(await readlink(at('here'))).toBe('sub');
      await copy('from/dangling', 'here');
      expect(await readlink(at('here'))).toBe('/no/where');
    });

    it('puts a file into a directory that is there, and under a new name where none is', async () => {
      await mkdir(at('to'));
      await copy('from/file', 'to');
      await copy('from/file', 'deep/er/-n');
      expect([await textOf('to/file'), await textOf('deep/er/-n')]).toEqual(['text', 'text']);
    });

    it.each([
      ['nothing', 'x', 'nothing: no such file or directory'],
      ['from/file/', 'x', 'from/file/: is not a directory'],
      ['from', 'from/file', 'from/file: is not a directory'],
      ['from', 'from/sub/x', 'from/sub/x: lies in ./from'],
      ['from/', 'from/sub/x', 'from/sub/x: lies in ./from/'],
    ])('says why %s cannot be copied to %s', async (from, to, message) => {
      await expect(copy(from, to)).rejects.toThrow(new CallFailedError(`exit 1: ./${message}`));
    });
  });

  describe.each(['put', 'get'] as const)(`${kind}: %s`, (method) => {
    const then = new Date('2001-02-03T04:05:06Z');
    const whole = ['.hidden', 'dangling', 'file', 'link', 'sub', 'sub/-n'];
    let worker: ScratchDir;
    /** Where it comes from and where it goes to, on whichever side that is. */
    let source: ScratchDir;
    let target: ScratchDir;

    beforeEach(async () => {
      worker = await scratchDir();
      [source, target] = method === 'put' ? [worker, dir] : [dir, worker];
      await mkdir(join(source.path, 'from', 'sub'), { recursive: true });
      await source.write('from/file', 'text');
      await source.write('from/.hidden', '');
      await source.write('from/sub/-n', 'deep');
      await chmod(join(source.path, 'from', 'file'), 0o640);
      await chmod(join(source.path, 'from', 'sub'), 0o710);
      await utimes(join(source.path, 'from', 'file'), then, then);
      await symlink('file', join(source.path, 'from', 'link'));
      await symlink('/no/where', join(source.path, 'from', 'dangling'));
    });
    afterEach(() => worker.remove());

    /** The drone's paths are relative to its `workdir`; the worker's are not to this process'. */
    const named = (side: ScratchDir, path: string) =>
      side === dir ? path : `${side.path}/${path}`;
    const transfer = (from: string, to: string, canFail = false, transport?: DroneTransport) =>
      call(method, { from: named(source, from), to: named(target, to), canFail }, transport);
    const arrived = (...names: string[]) => join(target.path, ...names);
    const tree = async (name: string) => (await readdir(arrived(name), { recursive: true })).sort();
    const modeOf = async (name: string) => ((await stat(arrived(name))).mode & 0o7777).toString(8);

    const leftOver = () => readdir(target.path);
    /** `confirm` says for how many milliseconds the batch is still ours. */
    const transportWhile = (
      confirm: () => Promise<number>,
      signal = new AbortController().signal,
    ) =>
      droneTransport(
        session,
        {},
        { mark: dir.path, workdir: dir.path, confirm },
        new TransferSlots(),
        signal,
      );
    const begun = async () => (await leftOver()).some((name) => name.startsWith('.muster'));

    it.each([
      ['a directory', 'from'],
      ['its contents', 'from/'],
    ])('%s, with links, modes and times; a second run ends in the same', async (_, from) => {
      for (let run = 0; run < 2; run += 1) {
        expect(await transfer(from, 'made/to')).toEqual({ bytes: 8, files: 5 });
        expect(await tree('made/to')).toEqual(whole);
      }
      expect(await readlink(arrived('made/to/link'))).toBe('file');
      expect(await readlink(arrived('made/to/dangling'))).toBe('/no/where');
      expect([await modeOf('made/to/file'), await modeOf('made/to/sub')]).toEqual(['640', '710']);
      expect((await stat(arrived('made/to/file'))).mtime).toEqual(then);
      expect(await readdir(arrived('made'))).toEqual(['to']);
    });

    it('of a directory gives its mode and times; of its contents, leaves those that are there', async () => {
      await chmod(join(source.path, 'from'), 0o750);
      await utimes(join(source.path, 'from'), then, then);
      await mkdir(arrived('to'));
      await chmod(arrived('to'), 0o701);
      await target.write('to/other', '');
      await target.write('to/file', 'old');
      await transfer('from/', 'to');
      expect(await tree('to')).toEqual([...whole, 'other'].sort());
      expect([await readFile(arrived('to/file'), 'utf8'), await modeOf('to')]).toEqual([
        'text',
        '701',
      ]);
      await transfer('from', 'to/');
      expect([await modeOf('to'), (await stat(arrived('to'))).mtime]).toEqual(['750', then]);
    });

    it.each([0, 1, 65_536, 3_000_001])('%i bytes arrive as they are', async (size) => {
      const bytes = randomBytes(size);
      await source.write('from/bytes', bytes);
      expect(await transfer('from/bytes', 'bytes')).toEqual({ bytes: size, files: 1 });
      expect((await readFile(arrived('bytes'))).equals(bytes)).toBe(true);
    });

    it('takes a file without a size of its own', async () => {
      await call(method, { from: '/proc/version', to: named(target, 'version') });
      expect(await readFile(arrived('version'), 'utf8')).toMatch(/^Linux/);
    });

    it('of a file goes into a directory that is there, and under a new name where none is', async () => {
      await mkdir(arrived('to'));
      await transfer('from/file', 'to');
      await transfer('from/file', 'deep/er/-n');
      await transfer('from/file', 'new/');
      const names = ['to/file', 'deep/er/-n', 'new/file'];
      const texts = names.map((name) => readFile(arrived(name), 'utf8'));
      expect(await Promise.all(texts)).toEqual(['text', 'text', 'text']);
    });

    it('of a link is a link, and takes the place of another', async () => {
      await symlink('sub', join(source.path, 'from', 'to-sub'));
      await transfer('from/to-sub', 'here');
      await transfer('from/dangling', 'here');
      expect(await readlink(arrived('here'))).toBe('/no/where');
      await transfer('from/to-sub/', 'there');
      expect(await tree('there')).toEqual(['-n']);
    });

    it('does not follow a link that stands where a directory goes, nor write through one', async () => {
      await mkdir(arrived('to'));
      await mkdir(arrived('elsewhere'));
      await target.write('elsewhere/file', 'theirs');
      await symlink(arrived('elsewhere'), arrived('to', 'sub'));
      await symlink(arrived('elsewhere', 'file'), arrived('to', 'file'));
      await expect(transfer('from', 'to')).rejects.toThrow(
        new CallFailedError(`${arrived('to/sub')}: is not a directory`),
      );
      expect(await tree('elsewhere')).toEqual(['file']);
      expect(await readFile(arrived('elsewhere/file'), 'utf8')).toBe('theirs');
      expect(await readFile(arrived('to/file'), 'utf8')).toBe('text');
    });

    it.each([
      ['nothing', 'x', () => join(source.path, 'nothing'), 'no such file or directory'],
      ['from/file/', 'x', () => `${source.path}/from/file/`, 'is not a directory'],
      ['from', 'taken', () => arrived('taken'), 'is not a directory'],
      ['from/file', 'taken/x', () => arrived('taken'), 'is not a directory'],
      ['from/file', 'into', () => arrived('into/file'), 'is a directory'],
      ['socket', 'x', () => join(source.path, 'socket'), 'is no file, directory or link'],
    ])('of %s to %s says which path is wrong, and how', async (from, to, path, reason) => {
      await target.write('taken', 'theirs');
      await mkdir(arrived('into/file'), { recursive: true });
      await exec(`mkfifo ${join(source.path, 'socket')}`);
      const message = `${path()}: ${reason}`;
      await expect(transfer(from, to)).rejects.toThrow(new CallFailedError(message));
      expect(await readFile(arrived('taken'), 'utf8')).toBe('theirs');
    });

    if (!ROOT)
      it('says what may not be read, and transfers the rest', async () => {
        await chmod(join(source.path, 'from', 'file'), 0);
        const message = `${join(source.path, 'from/file')}: permission denied`;
        await expect(transfer('from', 'to')).rejects.toThrow(new CallFailedError(message));
        expect(await tree('to')).toEqual(whole.filter((name) => name !== 'file'));
      });

    it('names a few of the files that failed, and transfers the others', async () => {
      const names = ['a', 'b', 'c', 'd', 'e'];
      for (const name of names) {
        await source.write(`from/${name}`, name);
        await mkdir(arrived('to', name), { recursive: true });
      }
      const failed = await transfer('from', 'to').catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(CallFailedError);
      const named = /: is a directory; .*: is a directory; .*: is a directory; and 2 more$/;
      expect((failed as Error).message).toMatch(/^5 failed: \//);
      expect((failed as Error).message).toMatch(named);
      expect(await tree('to')).toEqual([...names, ...whole].sort());
    });

    it('behaviour 34: that can fail leaves a marker beside the target, with a warning', async () => {
      await mkdir(arrived('new/to/file'), { recursive: true });
      const reason = `${arrived('new/to/file')}: is a directory`;
      expect(await transfer('from', 'new/to', true)).toEqual({ bytes: 4, files: 4 });
      expect(await readFile(arrived('new/to.transfer_failed'), 'utf8')).toBe(`${reason}\n`);
      expect(warnings).toEqual([reason]);
      expect(await transfer('nothing', 'made/x', true)).toEqual({ bytes: 0, files: 0 });
      expect(await tree('made')).toEqual(['x.transfer_failed']);
    });

    it('behaviour 34: that succeeds takes the marker away', async () => {
      await transfer('nothing', 'to', true);
      expect(await tree('.')).toContain('to.transfer_failed');
      await transfer('from', 'to/');
      expect(await tree('.')).not.toContain('to.transfer_failed');
    });

    it('behaviour 34: that can fail warns of it too when its marker cannot be left', async () => {
      await mkdir(arrived('to.transfer_failed'));
      await transfer('nothing', 'to', true);
      expect(warnings).toEqual([
        `2 failed: ${join(source.path, 'nothing')}: no such file or directory; ` +
          `${arrived('to.transfer_failed')}: is a directory`,
      ]);
    });

    it('behaviour 35: no more run at once than the cap; all have ended when their calls have', async () => {
      const open = { now: 0, most: 0 };
      const counting: Session = {
        sharesClock: session.sharesClock,
        openShell: (script, signal) => session.openShell(script, signal),
        starter: (signal, hasInput) => session.starter(signal, hasInput),
        startedKeeper: () => session.startedKeeper(),
        another: (signal) => session.another(signal),
        release: () => undefined,
        openFiles: async (signal) => {
          const opened = await session.openFiles(signal);
          open.now += 1;
          open.most = Math.max(open.most, open.now);
          const close = () => {
            open.now -= 1;
            opened.close();
          };
          return { files: opened.files, close };
        },
      };
      const slots = new TransferSlots(2);
      const never = new AbortController().signal;
      const many = Array.from({ length: 6 }, (_, index) =>
        transfer('from', `to${String(index)}`, false, transportOf(index, never, slots, counting)),
      );
      await Promise.all(many);
      expect(open).toEqual({ now: 0, most: 2 });
      for (const index of many.keys()) expect(await tree(`to${String(index)}`)).toEqual(whole);
    });

    it('ends when its call must, with nothing half-written', async () => {
      await source.write('from/large', '');
      await truncate(join(source.path, 'from', 'large'), 64 * 1024 ** 3);
      const ending = new AbortController();
      const transport = transportWhile(() => Promise.resolve(Infinity), ending.signal);
      const ended = transfer('from/large', 'large', true, transport).catch((e: unknown) => e);
      await until('it has begun', begun);
      ending.abort();
      const error = await ended;
      expect(error).toBeInstanceOf(ProcessEndedError);
      expect(error).toMatchObject({ ended: 'confirmed' });
      expect(await leftOver()).toEqual([]);
    });

    it('does not begin when its call must end, nor when the batch is not ours', async () => {
      const aborted = transportOf(0, AbortSignal.abort());
      await expect(transfer('from', 'to', true, aborted)).rejects.toThrow(ProcessEndedError);
      const lost = transportWhile(() => Promise.reject(new Error('not ours')));
      await expect(transfer('from', 'to', true, lost)).rejects.toThrow('not ours');
      expect(await leftOver()).toEqual([]);
    });

    it('ends when the batch is not ours any more, with nothing half-written', async () => {
      await source.write('from/large', randomBytes(3_000_000));
      let asked = 0;
      const lost = transportWhile(() => {
        asked += 1;
        return asked <= 3 ? Promise.resolve(0) : Promise.reject(new Error('not ours'));
      });
      await expect(transfer('from/large', 'large', true, lost)).rejects.toThrow('not ours');
      expect((await leftOver()).filter((name) => name !== 'from')).toEqual([]);
    });

    if (kind === 'local')
      it('on one machine, onto itself is a no-op', async () => {
        const { path } = source;
        await symlink('from', join(path, 'alias'));
        for (const [from, to] of [
          ['from/file', 'from/file'],
          ['from/file', 'from'],
          ['from/file', 'from/link'],
          ['from/link', 'from/file'],
          ['from/', 'alias'],
        ] as const) {
          const args = { from: join(path, from), to: join(path, to) };
          if (from.endsWith('/')) args.from += '/';
          expect(await call(method, args)).toEqual({ bytes: 0, files: 0 });
        }
        expect((await readdir(join(path, 'from'), { recursive: true })).sort()).toEqual(whole);
      });

    if (kind === 'local')
      it('on one machine, not into itself', async () => {
        const from = join(source.path, 'from');
        const to = join(from, 'sub', 'x');
        const message = `${to}: lies in ${from}`;
        await expect(call(method, { from, to })).rejects.toThrow(new CallFailedError(message));
        expect((await readdir(from, { recursive: true })).sort()).toEqual(whole);
      });

    if (kind !== 'local')
      it('says so when the connection is lost', async () => {
        await source.write('from/large', '');
        await truncate(join(source.path, 'from', 'large'), 64 * 1024 ** 3);
        const ended = transfer('from/large', 'large', true).catch((e: unknown) => e);
        await until('it has begun', begun);
        await lose(session);
        expect(await ended).toBeInstanceOf(SessionLostError);
        expect(await leftOver()).not.toContain('large');
      });
  });
}
