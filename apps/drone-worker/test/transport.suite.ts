/** What a call may rely on, over every transport: the same tests on a local drone and on a real sshd. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  killProcessesWith,
  processesWith,
  scratchDir,
  until,
  type ScratchDir,
} from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  OrderTooOldError,
  ProcessEndedError,
  runProcess,
  type ProcessPlace,
} from '../src/process/run-process.js';
import type { ProcessSpec } from '../src/process/start-order.js';
import type { Session } from '../src/transport/transport.js';

export function describeTransport(kind: string, connect: () => Promise<Session>): void {
  describe(`${kind}: a process on a drone`, () => {
    let session: Session;
    let dir: ScratchDir;
    let place: ProcessPlace;

    beforeEach(async () => {
      session = await connect();
      dir = await scratchDir();
      place = { mark: dir.path, confirm: () => Promise.resolve(5_000) };
    });
    afterEach(async () => {
      session.release();
      await killProcessesWith(dir.path);
      await dir.remove();
    });

    const never = (): AbortSignal => new AbortController().signal;
    const spec = (argv: string[], more: Partial<ProcessSpec> = {}): ProcessSpec => ({
      argv,
      maxOutputBytes: 65_536,
      ...more,
      env: { MUSTER_MARK: dir.path, ...more.env },
    });
    const run = (argv: string[], more?: Partial<ProcessSpec>, signal = never()) =>
      runProcess(session, spec(argv, more), place, signal);
    const shell = (script: string, ...args: string[]) => ['/bin/sh', '-c', script, 'sh', ...args];
    const contentOf = (name: string) => readFile(join(dir.path, name), 'utf8').catch(() => '');

    it('has its exit status, and both its streams, apart', async () => {
      const result = await run(shell('echo out; echo err >&2; exit 7'));
      expect(result).toMatchObject({ exitCode: 7, signal: null });
      expect([result.stdout.text(), result.stderr.text()]).toEqual(['out\n', 'err\n']);
    });

    it('has the signal that ended it', async () => {
      expect(await run(shell('kill -KILL $$'))).toMatchObject({
        exitCode: null,
        signal: 'SIGKILL',
      });
      expect(await run(shell('exit 137'))).toMatchObject({ exitCode: 137, signal: null });
    });

    it('gets its arguments and its environment byte for byte', async () => {
      const odd = [
        '',
        ' ',
        "it's",
        '"',
        '$HOME',
        '`id`',
        '\\n\\\\',
        'a\nb\r\n',
        '-n',
        '*',
        'ü€😀',
        '!!',
        '%s',
        '\t',
      ];
      const result = await run(['printf', '%s\\0', ...odd]);
      expect(result.stdout.text().split('\0').slice(0, -1)).toEqual(odd);
      const value = odd.join('');
      expect((await run(shell('printf %s "$ODD"'), { env: { ODD: value } })).stdout.text()).toBe(
        value,
      );
    });

    it('starts where it is told, relative to the working directory', async () => {
      await run(['mkdir', join(dir.path, "it's here")]);
      place = { ...place, workdir: dir.path };
      expect((await run(['pwd'], { cwd: "it's here" })).stdout.text()).toBe(
        `${dir.path}/it's here\n`,
      );
      expect((await run(['pwd'], { cwd: 'nowhere' })).exitCode).toBe(1);
    });

    it('reads what it is given and then the end, and nothing when it is given nothing', async () => {
      const text = `${'0123456789abcde\n'.repeat(20_000)}\0end`;
      expect((await run(['cat'], { stdin: text, maxOutputBytes: 1e6 })).stdout.text()).toBe(text);
      expect((await run(['cat'])).stdout.text()).toBe('');
      expect(await run(['true'], { stdin: text })).toMatchObject({ exitCode: 0 });
    });

    it('may say a megabyte, of which the first part is kept', async () => {
      const script = 'head -c 1000000 /dev/zero | tr "\\0" x; echo err >&2';
      expect((await run(shell(script), { maxOutputBytes: 2e6 })).stdout.text()).toBe(
        'x'.repeat(1e6),
      );
      const cut = await run(shell(script), { maxOutputBytes: 1_000 });
      expect([cut.stdout.bytes().length, cut.stdout.truncated, cut.stderr.truncated]).toEqual([
        1_000,
        true,
        false,
      ]);
    });

    it('that never stops talking holds nobody up, and is ended', async () => {
      const ending = new AbortController();
      const flood = run(['yes'], {}, ending.signal).catch((error: unknown) => error);
      await until('it talks', async () => (await processesWith(dir.path)).length > 0);
      for (let call = 0; call < 3; call += 1)
        expect(await run(['echo', 'heard'])).toMatchObject({ exitCode: 0 });
      ending.abort();
      expect(await flood).toMatchObject({ ended: 'confirmed' });
      expect(await processesWith(dir.path)).toEqual([]);
    });

    it('that is not there says so', async () => {
      const result = await run(['/no/such/command']);
      expect(result.exitCode).toBe(127);
      expect(result.stderr.text()).toMatch(/not found/);
    });

    it('may leave a daemon behind, which holds its pipes, and lives', async () => {
      const result = await run(shell('sleep 600 & echo started'));
      expect(result.stdout.text()).toBe('started\n');
      const commands = async () => (await processesWith(dir.path)).map(({ command }) => command);
      // Its shell may be gone before it has become what it is to be.
      await until('it sleeps', async () => (await commands()).includes('sleep 600'));
      expect(await commands()).toEqual(['sleep 600']);
    });

    it.each([
      ['heeds TERM', 'echo up >"$1"; exec sleep 600'],
      ['ignores TERM', 'trap "" TERM; echo up >"$1"; sleep 600; sleep 600'],
      ['has children that hold its pipes', 'sleep 600 & sleep 600 & echo up >"$1"; wait'],
      ['has a child that left its group', 'setsid sleep 600 & echo up >"$1"; exec sleep 600'],
      ['closes its input', 'exec <&-; echo up >"$1"; exec sleep 600'],
    ])('that %s is ended with all it started, and that is proven', async (_, script) => {
      const ending = new AbortController();
      const ended = run(shell(script, join(dir.path, 'up')), {}, ending.signal).catch(
        (error: unknown) => error,
      );
      await until('it runs', async () => (await contentOf('up')) !== '');
      ending.abort();
      const error = await ended;
      expect(error).toBeInstanceOf(ProcessEndedError);
      expect(error).toMatchObject({ ended: 'confirmed' });
      expect(await processesWith(dir.path)).toEqual([]);
    });

    it('that reads its input is ended too', async () => {
      const ending = new AbortController();
      const script = 'echo up >"$1"; cat >/dev/null; exec sleep 600';
      const ended = run(shell(script, join(dir.path, 'up')), { stdin: 'x' }, ending.signal).catch(
        (error: unknown) => error,
      );
      await until('it runs', async () => (await contentOf('up')) !== '');
      ending.abort();
      expect(await ended).toMatchObject({ ended: 'confirmed' });
    });

    it('that may not start any more does not', async () => {
      place = { ...place, confirm: () => Promise.reject(new Error('not ours')) };
      await expect(run(shell('echo ran >"$1"', join(dir.path, 'ran')))).rejects.toThrow('not ours');
      await until('its shell is gone', async () => (await processesWith(dir.path)).length === 0);
      expect(await contentOf('ran')).toBe('');
    });

    it('that is ordered too late is refused by the drone', async () => {
      place = { ...place, confirm: () => Promise.resolve(0) };
      const late = run(shell('echo ran >"$1"', join(dir.path, 'ran')));
      await expect(late).rejects.toThrow(OrderTooOldError);
      expect(await contentOf('ran')).toBe('');
    });

    it('does not see the variables of the worker', async () => {
      process.env['MUSTER_REDIS_URL'] = 'redis://:secret@127.0.0.1';
      process.env['OTEL_EXPORTER_OTLP_HEADERS'] = 'authorization=secret';
      const result = await run(['env']);
      delete process.env['MUSTER_REDIS_URL'];
      delete process.env['OTEL_EXPORTER_OTLP_HEADERS'];
      expect(result.stdout.text()).not.toContain('secret');
    });
  });
}
