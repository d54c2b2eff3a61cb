/** `muster tick` alone: it brings a Redis of its own, says what came, and leaves nothing behind. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  makeGate,
  muster,
  processesWith,
  scratchDir,
  startMuster,
  startTestRedis,
  until,
} from '@muster/testing';
import type { Gate, ListedProcess, MusterProcess, MusterResult, ScratchDir } from '@muster/testing';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
} from 'vitest';
import { z } from 'zod';
import { readRecord, readRecordHead, readReportLine } from './record-schema.js';

const MUSTER = fileURLToPath(new URL('../apps/cli/bin/muster.js', import.meta.url));

let scratch: ScratchDir;
let fleet: string;
/** The temporary directory of the commands of one test: whatever they start has it in its environment. */
let temp: string;
let tests = 0;
const started: MusterProcess[] = [];

beforeAll(async () => {
  scratch = await scratchDir();
  fleet = await scratch.write(
    'fleet.yaml',
    'version: 1\ndefaults: {transport: local}\ndrones: {"lab[01-12]": {}, gate: {}, spare: {enabled: false}}\n',
  );
});

beforeEach(async () => {
  tests += 1;
  temp = join(scratch.path, `temp${String(tests)}`);
  await mkdir(temp);
});

afterEach(async () => {
  for (const process of started.splice(0)) {
    process.kill('SIGKILL');
    await process.ended;
  }
});

afterAll(() => scratch.remove());

function environment(): Record<string, string> {
  return { TMPDIR: temp, MUSTER_STATE_DIR: join(scratch.path, 'state') };
}

/** `muster tick` to its end. */
function tick(args: readonly string[], env: Record<string, string> = {}): Promise<MusterResult> {
  return muster(['tick', '--fleet', fleet, ...args], { env: { ...environment(), ...env } });
}

function startTick(args: readonly string[]): MusterProcess {
  const process = startMuster(['tick', '--fleet', fleet, ...args], { env: environment() });
  started.push(process);
  return process;
}

async function gateForTest(): Promise<Gate> {
  const gate = await makeGate();
  onTestFinished(() => gate.remove());
  return gate;
}

/** Everything that the commands of this test have started and that still runs. */
async function running(): Promise<string[]> {
  const names = ({ command }: ListedProcess) => command;
  return (await processesWith(temp)).map(names);
}

async function expectNothingLeft(): Promise<void> {
  // What was told to end may be seen for a moment more, on its way out.
  await until(`nothing left of ${temp}`, async () => (await running()).length === 0, 5_000).catch(
    () => undefined,
  );
  expect({ running: await running(), files: await readdir(temp) }).toEqual({
    running: [],
    files: [],
  });
}

/** The tick's process, its Redis and its call are all seen, so that their absence means something. */
async function expectAllThere(): Promise<void> {
  const seen = await running();
  expect(seen.filter((command) => command.includes(MUSTER))).toHaveLength(1);
  expect(seen.some((command) => /^\S*(redis|valkey)-server /.test(command))).toBe(true);
  expect(seen.some((command) => command.includes('echo through'))).toBe(true);
  expect(await readdir(temp)).toHaveLength(1);
}

describe('nothing is left', () => {
  it('after a tick that ends by itself, well or not', async () => {
    const gate = await gateForTest();
    const open = startTick(['--on', 'gate', '--json', '--', ...gate.argv]);
    await gate.entered();
    await expectAllThere();
    await gate.open();
    const { code, stdout } = await open.ended;
    expect(code).toBe(0);
    expect(readRecord(stdout).counts).toEqual({ ok: 1 });
    // Not even for a moment: the command waits for the end of what it started.
    expect(await readdir(temp)).toEqual([]);
    expect((await running()).filter((command) => command.includes('redis'))).toEqual([]);

    const failed = await tick(['--on', 'lab01', '--', 'false']);
    expect(failed.code).toBe(1);
    expect(await readdir(temp)).toEqual([]);
    await expectNothingLeft();
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    'after %s, which cancels the tick and says what is known: exit %i',
    async (signal, exit) => {
      const gate = await gateForTest();
      const calls = await scratch.write(
        `${signal}.yaml`,
        JSON.stringify({
          gate: [{ method: 'exec', args: { argv: gate.argv } }],
          'lab[01-12]': [{ method: 'exec', args: { argv: ['echo', 'done'] } }],
        }),
      );
      const interrupted = startTick(['--calls', calls, '--jsonl']);
      for (let drone = 1; drone <= 12; drone += 1) {
        await interrupted.printed(`{"drone":"lab${String(drone).padStart(2, '0')}"`);
      }
      await gate.entered();
      await expectAllThere();
      interrupted.kill(signal);

      const { code, stdout } = await interrupted.ended;
      expect(code).toBe(exit);
      expect(await readdir(temp)).toEqual([]);
      await expectNothingLeft();
      const lines = stdout.trimEnd().split('\n');
      expect(lines).toHaveLength(14);
      expect(readRecordHead(JSON.parse(lines[13] ?? ''))).toMatchObject({
        status: 'cancelled',
        counts: { ok: 12, cancelled: 1 },
        failure: {
          drones: {
            gate: { outcome: 'cancelled', message: expect.stringContaining(signal) as string },
          },
        },
      });
      expect(JSON.parse(lines[12] ?? '')).toMatchObject({
        drone: 'gate',
        outcome: 'cancelled',
        // Proof must be had within 1.5 s, which a busy machine may not have time for.
        error: { ended: expect.stringMatching(/^(un)?confirmed$/) as string },
      });
    },
  );

  it('after SIGKILL of the command, which can do nothing about it', async () => {
    const gate = await gateForTest();
    const killed = startTick(['--on', 'gate', '--', ...gate.argv]);
    await gate.entered();
    await expectAllThere();
    killed.kill('SIGKILL');
    expect(await killed.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    await expectNothingLeft();
  });

  it('after its reader has gone: it ends, as `| head` wants it', async () => {
    const command = `"$0" "$1" tick --fleet "$2" --jsonl -- sh -c 'head -c 50000 /dev/zero | tr "\\0" x' | head -n 1`;
    const shell = spawn('sh', ['-c', command, process.execPath, MUSTER, fleet], {
      env: { ...process.env, ...environment() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    shell.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    shell.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    await once(shell, 'close');
    expect(said.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(said.stdout)).toMatchObject({ outcome: 'ok' });
    expect(said.stderr).toBe('');
    await expectNothingLeft();
  });
});

const ESCAPE = /\u001b/;
const COLOUR = /\u001b\[[0-9;]*m/;

describe('what people read', () => {
  it('equal results under one folded name, the bad by reason, the summary last, no colour', async () => {
    const script =
      'case $MUSTER_DRONE in lab0[1-3]) echo odd; echo two;; lab1?) exit 4;; *) echo same;; esac';
    const { code, stdout, stderr } = await tick([
      ...[
        '--lane',
        'people',
        '--on',
        'lab[01-12]',
        '--call',
        'exec',
        JSON.stringify({ shell: script }),
      ],
    ]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).not.toMatch(ESCAPE);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, -1)).toEqual([
      '● lab[04-09] (6)',
      '  same',
      '● lab[01-03] (3)',
      '  odd',
      '  two',
      '✗ lab[10-12] (3) call_failed: call 0, exec: exit 4',
    ]);
    expect(lines.at(-1)).toMatch(
      /^9 of 12 drones ok in [\d.]+m?s, 3 call_failed · tick people-1 failed$/,
    );
  });

  it('--jsonl: a line for each drone as it reports, then the record without drones', async () => {
    const { code, stdout, stderr } = await tick([
      '--on',
      'lab[01-03]',
      '--jsonl',
      '--',
      'echo',
      'hi',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    const head = readRecordHead(JSON.parse(lines.pop() ?? ''));
    expect(head).toMatchObject({ status: 'ok', counts: { ok: 3 } });
    const reported = lines.map(readReportLine);
    expect(reported.map(([drone]) => drone).toSorted()).toEqual(['lab01', 'lab02', 'lab03']);
    // Together the lines are the record.
    const drones = Object.fromEntries(reported);
    const record = readRecord(JSON.stringify({ ...head, drones }));
    expect(record.drones['lab02']?.results).toMatchObject([{ stdout: 'hi\n' }]);
  });

  it('--every: one tick after another, until a signal', async () => {
    const gate = await gateForTest();
    const count = join(temp, 'ticks');
    // The third tick is the one that is interrupted.
    const argv = ['sh', '-c', 'echo >>"$0"; [ "$(wc -l <"$0")" -lt 3 ] || exec "$@"', count];
    const repeated = startTick([
      ...['--on', 'gate', '--every', '50ms', '--json', '--', ...argv, ...gate.argv],
    ]);
    await gate.entered();
    repeated.kill('SIGINT');
    const { code, stdout } = await repeated.ended;
    expect(code).toBe(130);
    const records = stdout.trimEnd().split('\n').map(readRecord);
    expect(records.map(({ tick: id, status }) => [id, status])).toEqual([
      ['default-1', 'ok'],
      ['default-2', 'ok'],
      ['default-3', 'cancelled'],
    ]);
  });
});

describe('--dry-run', () => {
  it('shows who would run what, runs nothing, and enqueues nothing', async () => {
    const redis = await startTestRedis();
    onTestFinished(() => redis.stop());
    const never = join(temp, 'never');
    const calls = await scratch.write(
      'dry.yaml',
      JSON.stringify({
        'lab[01-12]': [{ method: 'exec', args: { argv: ['touch', never] } }],
        gate: [{ method: 'ping' }],
        spare: [{ method: 'ping' }],
      }),
    );
    const flags = ['--redis', redis.url, '--calls', calls, '--dry-run'];
    const [text, json] = [await tick(flags), await tick([...flags, '--json'])];

    expect([text.code, json.code, text.stderr, json.stderr]).toEqual([0, 0, '', '']);
    const lines = text.stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^lab\[01-12\] \(12\b/);
    expect(lines[1]).toContain('touch');
    expect(lines.at(-1)).toBe('dry run: 13 drones, nothing was enqueued');
    const plan = z
      .looseObject({
        drones: z.record(
          z.string(),
          z.looseObject({ calls: z.array(z.looseObject({ method: z.string() })) }),
        ),
      })
      .parse(JSON.parse(json.stdout));
    expect(Object.keys(plan.drones)).toHaveLength(13);
    expect(plan.drones['gate']?.calls).toMatchObject([{ method: 'ping', args: {} }]);
    expect(plan.drones['spare']).toBeUndefined();

    expect(await redis.client.keys('*')).toEqual([]);
    // Checked as for a real tick.
    const bad = await tick(['--redis', redis.url, '--dry-run', '--call', 'exce']);
    expect(bad).toMatchObject({ code: 2, stdout: '' });
    expect(await redis.client.keys('*')).toEqual([]);
    expect(await readdir(temp)).toEqual([]);
  });
});

describe('on a terminal', () => {
  /** Runs it on a pseudo-terminal of script(1), and gives what a person would see there. */
  async function onTerminal(
    redirection: string,
    env: Record<string, string> = {},
  ): Promise<{ seen: string; code: number }> {
    const line = `'${process.execPath}' '${MUSTER}' tick --fleet '${fleet}' --on 'lab[01-03]' -- echo hi ${redirection}`;
    const { NO_COLOR: _none, ...inherited } = process.env;
    const options = { env: { ...inherited, ...environment(), TERM: 'xterm', ...env } };
    try {
      const { stdout } = await promisify(execFile)('script', ['-qec', line, '/dev/null'], options);
      return { seen: stdout, code: 0 };
    } catch (error) {
      const { code, stdout } = z.object({ code: z.number(), stdout: z.string() }).parse(error);
      return { seen: stdout, code };
    }
  }

  it('a bar on stderr and colour on both, but no colour with NO_COLOR', async () => {
    const bar = /[█░]{5,}.*\b[0-3]\/3 drones/;
    const stderr = await onTerminal('>/dev/null');
    expect(stderr.code).toBe(0);
    expect(stderr.seen).toMatch(bar);
    expect(stderr.seen).toMatch(COLOUR);
    expect(stderr.seen).not.toContain('3 of 3 drones');

    const stdout = await onTerminal('2>/dev/null');
    expect(stdout.code).toBe(0);
    expect(stdout.seen).toContain('3 of 3 drones ok');
    expect(stdout.seen).toMatch(COLOUR);
    expect(stdout.seen).not.toMatch(bar);

    const plain = await onTerminal('', { NO_COLOR: '1' });
    expect(plain.code).toBe(0);
    expect(plain.seen).toMatch(bar);
    expect(plain.seen).toContain('3 of 3 drones ok');
    expect(plain.seen).not.toMatch(COLOUR);
  });
});
