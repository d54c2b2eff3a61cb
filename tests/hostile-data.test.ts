/** Whatever users pass in and drones print: it arrives as it was sent, here and over SSH. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { muster, scratchDir, startSshdLab } from '@muster/testing';
import type { MusterResult, ScratchDir, SshdLab } from '@muster/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readRecord } from './record-schema.js';
import type { Entry, TickRecord } from './record-schema.js';

/** Every character that a name may have. */
const NAME = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-';
/** A drone of this machine, and one behind a real sshd; both with long odd names. */
const DRONES = [`L${NAME}`, `S${NAME}`] as const;
/** What a shell, a parser or a terminal could take amiss; no NUL, which no process can be given. */
const NASTY = [
  '',
  ' ',
  '-n',
  '--',
  '--help',
  '-',
  "it's",
  `"double" and 'single'`,
  '$HOME ${HOME} $(id) `id` $((1+1))',
  'back\\slash \\n \\\\ \\0 %s %b %%',
  'two\nlines\n',
  '\r\n\t\v\f\b',
  '* ? [a-z] {a,b} ~ ~root',
  '; true & false | cat > /dev/null # !!',
  'naïve 日本語 👩‍🚀 \u{1F3F4}\u{E0067}\u{E007F} \u202Eltr',
  '\u0001\u001b[31m\u007f\u0085\ufeff\ufffd',
  'x'.repeat(5_000),
] as const;

// Many calls on each drone, of several processes each, also where others use the machine.
vi.setConfig({ testTimeout: 120_000 });

let lab: SshdLab;
let scratch: ScratchDir;
let fleet: string;
/** Where each drone runs its calls; empty when a test begins. */
let workdirs: readonly string[];

beforeAll(async () => {
  [lab, scratch] = await Promise.all([startSshdLab(), scratchDir()]);
  const [target] = lab.targets;
  workdirs = DRONES.map((_, index) => join(scratch.path, `work${String(index)}`));
  const [local, remote] = workdirs;
  const { user, identityFile, knownHostsFile: knownHosts } = lab;
  fleet = await scratch.write(
    'fleet.json',
    JSON.stringify({
      version: 1,
      drones: {
        [DRONES[0]]: { transport: 'local', workdir: local },
        [DRONES[1]]: {
          ...target,
          name: undefined,
          user,
          identityFile,
          knownHosts,
          workdir: remote,
        },
      },
    }),
  );
});

beforeEach(async () => {
  for (const workdir of workdirs) {
    await rm(workdir, { recursive: true, force: true });
    await mkdir(workdir);
  }
});

afterAll(async () => {
  await lab.stop();
  await scratch.remove();
});

interface GivenCall {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
}

function exec(args: Readonly<Record<string, unknown>>): GivenCall {
  return { method: 'exec', args };
}

/** One tick, with the same calls for both drones. */
async function run(
  calls: readonly GivenCall[],
  flags: readonly string[] = ['--json'],
): Promise<MusterResult> {
  const file = await scratch.write('calls.json', JSON.stringify(calls));
  return muster(['tick', '--fleet', fleet, '--calls', file, '--deadline', '55s', ...flags]);
}

/** Runs calls that all succeed, and gives both drones' results, which must be alike. */
async function resultsOf(calls: readonly GivenCall[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await run(calls);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [here, there] = entriesOf(readRecord(stdout));
  expect(there.results).toEqual(here.results);
  return here.results;
}

function entriesOf(record: TickRecord): [here: Entry, there: Entry] {
  expect(Object.keys(record.drones)).toEqual([...DRONES]);
  const [here, there] = DRONES.map((drone) => record.drones[drone]);
  if (here === undefined || there === undefined) throw new Error('a drone is missing');
  return [here, there];
}

const execResult = z.strictObject({
  exitCode: z.literal(0),
  signal: z.null(),
  stdout: z.string(),
  stderr: z.string(),
  truncated: z.boolean(),
});

async function outputsOf(calls: readonly GivenCall[]): Promise<string[]> {
  const results = z.array(execResult).parse(await resultsOf(calls));
  return results.map(({ stdout }) => stdout);
}

describe('what a drone prints', () => {
  it('is kept up to maxOutputBytes a stream, and marked where it was cut', async () => {
    const MEGABYTE = 1_048_576;
    const shell = `head -c ${String(MEGABYTE)} /dev/zero | tr '\\0' x; head -c 70000 /dev/zero | tr '\\0' y >&2`;
    const results = z
      .array(execResult)
      .parse(
        await resultsOf([
          exec({ shell }),
          exec({ shell, maxOutputBytes: 2 * MEGABYTE }),
          exec({ shell, maxOutputBytes: MEGABYTE }),
          exec({ shell: 'printf abcdef', maxOutputBytes: 3 }),
          exec({ shell: 'printf abcdef', maxOutputBytes: 0 }),
          exec({ shell: 'printf "1234é"', maxOutputBytes: 5 }),
        ]),
      );
    const kept = results.map(({ stdout, stderr, truncated }) => {
      return { stdout: stdout.length, stderr: stderr.length, truncated };
    });
    expect(kept).toEqual([
      { stdout: 65_536, stderr: 65_536, truncated: true },
      { stdout: MEGABYTE, stderr: 70_000, truncated: false },
      { stdout: MEGABYTE, stderr: 70_000, truncated: false },
      { stdout: 3, stderr: 0, truncated: true },
      { stdout: 0, stderr: 0, truncated: true },
      { stdout: 4, stderr: 0, truncated: true },
    ]);
    expect(results[1]?.stdout).toBe('x'.repeat(MEGABYTE));
    expect(results[3]?.stdout).toBe('abc');
    expect(results[5]?.stdout).toBe('1234');
  });

  it('may be any bytes: U+FFFD for what is no UTF-8, and all else as it was', async () => {
    const bytes = Buffer.from(
      Array.from({ length: 1_024 }, (_, index) => (index * 7 + index / 256) & 255),
    );
    const file = await scratch.write('bytes', bytes);
    const [all, invalid, lines, nothing, nul] = await outputsOf([
      exec({ argv: ['cat', file] }),
      exec({ shell: "printf 'ok\\377\\376 \\303\\050 \\342\\202 end\\360\\237\\230'" }),
      exec({ shell: "printf 'one\\r\\ntwo\\r\\n\\n\\nlast'" }),
      exec({ shell: ':' }),
      exec({ shell: "printf 'a\\000b\\000'" }),
    ]);
    expect(all).toBe(bytes.toString('utf8'));
    expect(invalid).toBe('ok\ufffd\ufffd \ufffd( \ufffd end\ufffd');
    expect(lines).toBe('one\r\ntwo\r\n\n\nlast');
    expect(nothing).toBe('');
    expect(nul).toBe('a\0b\0');
  });

  it('is intact in JSON and does nothing to the terminal of a person', async () => {
    const codes = '\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u001b[2J\r\b\u009b5n \u202Eevil';
    const calls = [exec({ argv: ['printf', '%s\n', codes] })];
    expect(await outputsOf(calls)).toEqual([`${codes}\n`]);

    const failing = [exec({ argv: ['sh', '-c', 'printf "%s\\n" "$1" >&2; exit 3', 'sh', codes] })];
    const [shown, failed, failedJson] = [
      await run(calls, []),
      await run(failing, []),
      await run(failing, ['--json']),
    ];
    expect([shown.code, failed.code, failedJson.code]).toEqual([0, 1, 1]);
    expect(shown.stdout).toMatch(/red.*title.*evil/);
    expect(failed.stdout).toMatch(/exit 3: red.*evil/);
    for (const { stdout, stderr } of [shown, failed]) {
      // Tabs and newlines are all that a text for people may hold of these.
      expect(stdout).toMatch(/^[\t\n\u0020-\u007e\u00a0-\u2029\u202f-\u2065\u206a-\uffff]+$/);
      expect(stderr).toBe('');
    }
    // Messages go to people, also inside of JSON: one line, nothing in it that a terminal obeys.
    const record = readRecord(failedJson.stdout);
    const messages = [
      record.failure?.message ?? '',
      ...Object.values(record.failure?.drones ?? {}).map(({ message }) => message),
      ...entriesOf(record).map(({ error }) => error?.message ?? ''),
    ];
    for (const message of messages) {
      expect(message).toMatch(/exit 3: red/);
      expect(message).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+$/);
    }
  });
});

describe('what a drone is given', () => {
  it('argv, shell, env and standard input arrive byte for byte', async () => {
    const words = NASTY.filter((word) => word !== '');
    const env = Object.fromEntries(NASTY.map((value, index) => [`NASTY_${String(index)}`, value]));
    const names = Object.keys(env);
    const printed = await outputsOf([
      exec({ argv: ['printf', '%s\\0', ...NASTY] }),
      // A command's own name is no different from its arguments.
      exec({ argv: ['sh', '-c', 'printf "%s\\0" "$0" "$@"', ...words] }),
      exec({ shell: `printf '%s\\0' ${names.map((name) => `"$${name}"`).join(' ')}`, env }),
      ...NASTY.map((stdin) => exec({ argv: ['cat'], stdin })),
      exec({ argv: ['wc', '-c'], stdin: 'é'.repeat(500_000) }),
      exec({ argv: ['true'], stdin: 'read by nobody'.repeat(100_000) }),
      exec({ argv: ['cat'] }),
    ]);
    expect(printed).toEqual([
      NASTY.map((word) => `${word}\0`).join(''),
      words.map((word) => `${word}\0`).join(''),
      NASTY.map((value) => `${value}\0`).join(''),
      ...NASTY,
      '1000000\n',
      '',
      '',
    ]);
  });

  it('the environment names tick and drone, and holds nothing of Muster besides', async () => {
    const calls = [
      exec({ shell: 'env -0 | grep -z ^MUSTER_ | sort -z', env: { MUSTER_TICK: 'x' } }),
    ];
    const { stdout } = await run(calls);
    const record = readRecord(stdout);
    for (const [drone, entry] of Object.entries(record.drones)) {
      const printed = execResult.parse(entry.results[0]).stdout.split('\0').filter(Boolean);
      const names = printed.map((line) => line.slice(0, line.indexOf('=')));
      expect(names).toEqual(['MUSTER_DRONE', 'MUSTER_MARK', 'MUSTER_TICK']);
      expect(printed).toContain(`MUSTER_DRONE=${drone}`);
      expect(printed).toContain(`MUSTER_TICK=${record.tick}`);
    }
  });

  it('a directory of any name is where the call runs', async () => {
    // A name ends where a path does, and may not be of 5,000 characters.
    const names = NASTY.filter((name) => name !== '' && name !== '-' && name.length < 100).map(
      (name) => name.replaceAll('/', '∕'),
    );
    const rooms = names.map((_, index) => join(scratch.path, `room${String(index)}`));
    for (const [index, room] of rooms.entries()) {
      await mkdir(join(room, names[index] ?? ''), { recursive: true });
      await writeFile(join(room, names[index] ?? '', 'here'), `room ${String(index)}`);
    }
    const absolute = names.map((name, index) => {
      return exec({ argv: ['cat', 'here'], cwd: join(rooms[index] ?? '', name) });
    });
    const relative = names.flatMap((name) => [
      { method: 'write', args: { path: `${name}/here`, content: name } },
      exec({ argv: ['cat', 'here'], cwd: name }),
    ]);
    const results = await resultsOf([...absolute, ...relative]);
    const outputs = results.flatMap((result) => execResult.safeParse(result).data?.stdout ?? []);
    expect(outputs).toEqual([...names.map((_, index) => `room ${String(index)}`), ...names]);
  });

  it('any argv survives (property)', async () => {
    const anyText = fc
      .oneof(
        { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
        { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
        { weight: 2, arbitrary: fc.constantFrom(...NASTY) },
        {
          weight: 3,
          arbitrary: fc.string({
            unit: fc.constantFrom(...Array.from('-$`"\'\\!*?[]{}()<>|&;#~=%^ \n\t\r\0a0')),
            maxLength: 20,
          }),
        },
      )
      .map((text) => text.replaceAll('\0', ''));
    const anyArgv = fc.array(anyText, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(anyArgv, { minLength: 20, maxLength: 20 }), async (argvs) => {
        const calls = argvs.map((words) => exec({ argv: ['printf', '%s\\0', ...words] }));
        expect(await outputsOf(calls)).toEqual(
          argvs.map((words) => words.map((word) => `${word}\0`).join('')),
        );
      }),
      // Each run is twenty of them; a failure is shown as it is, since shrinking takes a tick a step.
      { numRuns: 2, endOnFailure: true },
    );
  });
});

describe('files', () => {
  function write(args: Readonly<Record<string, unknown>>): GivenCall {
    return { method: 'write', args };
  }
  function read(args: Readonly<Record<string, unknown>>): GivenCall {
    return { method: 'read', args };
  }

  it('of any name and content come back as they were written', async () => {
    const names = NASTY.filter((name) => name !== '' && name.length < 100).map((name) =>
      name.replaceAll('/', '∕'),
    );
    const contents = [...NASTY, '\ufeffwith a mark', 'a\0b'];
    const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const results = await resultsOf([
      ...names.flatMap((name) => [write({ path: name, content: name }), read({ path: name })]),
      ...contents.flatMap((content) => [write({ path: 'file', content }), read({ path: 'file' })]),
      write({ path: 'binary', content: every.toString('base64'), encoding: 'base64' }),
      read({ path: 'binary' }),
    ]);
    const texts = [...names, ...contents];
    expect(results).toEqual([
      ...texts.flatMap((text) => {
        const size = Buffer.byteLength(text);
        return [{ bytes: size }, { content: text, encoding: 'utf8', size }];
      }),
      { bytes: 256 },
      { content: every.toString('base64'), encoding: 'base64', size: 256 },
    ]);
    for (const workdir of workdirs) {
      expect(await readFile(join(workdir, 'binary'))).toEqual(every);
    }
  });

  it('are appended to, get their mode, and the directory that is missing', async () => {
    const results = await resultsOf([
      write({ path: 'deep/er/log', content: 'one\n', mode: '640' }),
      write({
        path: 'deep/er/log',
        content: Buffer.from('two\n').toString('base64'),
        encoding: 'base64',
        append: true,
      }),
      read({ path: 'deep/er/log' }),
      write({ path: 'deep/er/log', content: 'new', mode: 0o600 }),
      write({ path: 'deep/er/log', content: '' }),
      read({ path: 'deep/er/log' }),
      write({ path: 'deep/er/large', content: 'é'.repeat(1_000_000) }),
      read({ path: 'deep/er/large', maxBytes: 3 }),
      read({ path: '/proc/sys/kernel/ostype' }),
    ]);
    expect(results).toEqual([
      { bytes: 4 },
      { bytes: 4 },
      { content: 'one\ntwo\n', encoding: 'utf8', size: 8 },
      { bytes: 3 },
      { bytes: 0 },
      { content: '', encoding: 'utf8', size: 0 },
      { bytes: 2_000_000 },
      // The second character was cut in two, which makes no other file of it.
      { content: 'é', encoding: 'utf8', size: 2_000_000 },
      { content: 'Linux\n', encoding: 'utf8', size: 6 },
    ]);
    for (const workdir of workdirs) {
      const { mode, size } = await stat(join(workdir, 'deep/er/log'));
      expect({ mode: mode & 0o777, size }).toEqual({ mode: 0o600, size: 0 });
    }
  });

  it.each([
    ['is missing', read({ path: 'no "such"' }), /read: exit \d+: .*no "such".*[Nn]o such file/],
    ['is a directory', read({ path: '/' }), /read: exit 1: .*is a directory/],
    [
      'cannot be written, since a file is in the way',
      write({ path: '/proc/version/x', content: '' }),
      /write: exit \d+: .*\/proc\/version/,
    ],
  ])('that %s fail the call with the reason', async (_, call, reason) => {
    const { code, stdout } = await run([call, exec({ argv: ['echo', 'never'] })]);
    expect(code).toBe(1);
    for (const entry of entriesOf(readRecord(stdout))) {
      expect(entry).toMatchObject({
        outcome: 'call_failed',
        results: [],
        calls: [{ status: 'failed' }, { status: 'skipped' }],
      });
      expect(entry.error?.message).toMatch(reason);
    }
  });
});

describe('a drone with every character that a name may have', () => {
  it('is selected, shown and named in a failure as it is', async () => {
    const shown = await muster(['tick', '--fleet', fleet, '--on', DRONES[0], '--', 'true']);
    expect(shown.code).toBe(0);
    expect(shown.stdout.split('\n')[0]).toBe(`● ${DRONES[0]}`);

    const on = `${DRONES.join(',')}!${DRONES[1]}`;
    const failed = await muster(['tick', '--fleet', fleet, '--on', on, '--json', '--', 'false']);
    expect(failed.code).toBe(1);
    const record = readRecord(failed.stdout);
    expect(Object.keys(record.drones)).toEqual([DRONES[0]]);
    expect(record.failure?.message).toContain(`: ${DRONES[0]} call_failed`);
  });
});
