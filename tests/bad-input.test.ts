/** What a user gets wrong is said at once, with its place, before anything is enqueued. */
import { mkdir } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import {
  freePort,
  muster,
  scratchDir,
  startMuster,
  startRedisServer,
  startSilentServer,
  startTestRedis,
} from '@muster/testing';
import type { MusterResult, ScratchDir, TestRedis } from '@muster/testing';
import { openRedis, closeRedis } from '@muster/runtime';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

let scratch: ScratchDir;
let redis: TestRedis;

beforeAll(async () => {
  [scratch, redis] = await Promise.all([scratchDir(), startTestRedis()]);
  await scratch.write(
    'fleet.yaml',
    [
      'version: 1',
      'defaults: {transport: local}',
      'drones:',
      '  lab[1-3]: {}',
      '  spare: {enabled: false}',
      'groups: {idle: spare}',
      '',
    ].join('\n'),
  );
  await mkdir(join(scratch.path, 'folder'));
});

afterAll(async () => {
  await redis.stop();
  await scratch.remove();
});

/**
 * The time a command has to find out and say it, in milliseconds; the more where more wants to run
 * at once than there are cores.
 */
function soonMs(): number {
  return 5_000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}

interface Mistake {
  readonly what: string;
  /** The command line behind `muster`; `tick` and good files when it begins with an option. */
  readonly args: readonly string[];
  /** A file of the user's, in the folder where the command runs. */
  readonly file?: readonly [name: string, content: string | Buffer];
  /** What stderr must hold: the place, and what to do. */
  readonly says: readonly RegExp[];
}

const FLEET = 'broken.yaml';
const BROKEN_FLEET = ['--fleet', FLEET, '--', 'true'];
const RUN = ['--', 'true'];

function fleetWith(line: string): readonly [string, string] {
  return [FLEET, `version: 1\ndrones:\n  lab1: {transport: local}\n${line}\n`];
}

function callsFile(name: string, content: string): Pick<Mistake, 'args' | 'file'> {
  return { args: ['--calls', name], file: [name, content] };
}

const MISTAKES: Mistake[] = [
  // Flags
  {
    what: 'an unknown flag',
    args: ['--dead-line', '5s', ...RUN],
    says: [/--dead-line/, /--deadline/],
  },
  { what: 'an unknown command', args: ['tock'], says: [/tock/, /tick/] },
  { what: 'a bad lane', args: ['--lane', 'a b', ...RUN], says: [/--lane 'a b'/] },
  {
    what: 'a number of ticks to keep that is none',
    args: ['--keep-ticks', '0', ...RUN],
    says: [/--keep-ticks: '0'/, /whole number from 1/],
  },
  {
    what: 'a time to keep ticks for that is none',
    args: ['combiner', '--keep-for', 'a week'],
    says: [/--keep-for: 'a week'/, /500ms, 30s or 5m/],
  },
  {
    what: 'too long a time to keep ticks for',
    args: ['combiner', '--keep-for', '4000d'],
    says: [/--keep-for: '4000d'/, /1ms to 3650d/],
  },
  { what: 'no calls', args: ['--on', 'lab1'], says: [/no calls/, /--call METHOD/] },
  {
    what: 'calls from two places',
    args: ['--call', 'ping', ...RUN],
    says: [/-- ARGV and --call/, /only one/],
  },
  {
    what: 'a bad Redis URL',
    args: ['--redis', 'http://here', ...RUN],
    says: [/http:\/\/here/, /redis:\/\//],
  },
  { what: 'no such tick', args: ['show', 'default-9'], says: [/default-9/] },
  {
    what: 'no tick to rerun',
    args: ['--rerun-failed', 'default-9'],
    says: [/--rerun-failed default-9/, /no such tick/],
  },
  {
    what: 'a module that is not there',
    args: ['--methods', 'own.mjs', ...RUN],
    says: [/--methods own\.mjs/],
  },

  // The fleet file
  {
    what: 'no fleet file',
    args: ['--fleet', 'none.yaml', ...RUN],
    says: [/none\.yaml: no such file/],
  },
  {
    what: 'a folder as fleet file',
    args: ['--fleet', 'folder', ...RUN],
    says: [/folder: is a directory/],
  },
  {
    what: 'a fleet file that is no text',
    args: BROKEN_FLEET,
    file: [FLEET, Buffer.from([0x76, 0xff, 0xfe, 0x00])],
    says: [/broken\.yaml: not text in UTF-8/],
  },
  {
    what: 'malformed YAML in the fleet file',
    args: BROKEN_FLEET,
    file: fleetWith('  lab2: {site: berlin'),
    says: [/broken\.yaml:[45]:\d+: not valid YAML/],
  },
  {
    what: 'malformed JSON in the fleet file',
    args: ['--fleet', 'broken.json', ...RUN],
    file: ['broken.json', '{"version": 1,\n  "drones": {"lab1" {}}}'],
    says: [/broken\.json:2:\d+: not valid JSON/],
  },
  {
    what: 'an unknown key',
    args: BROKEN_FLEET,
    file: fleetWith('  lab2: {adress: 192.0.2.7}'),
    says: [/broken\.yaml:4:10: .*'adress'.*did you mean 'address'/],
  },
  {
    what: 'a bad node set in the fleet file',
    args: BROKEN_FLEET,
    file: fleetWith("  'lab[2-': {}"),
    says: [/broken\.yaml:4:\d+: .*lab\[2-/],
  },
  {
    what: 'a drone twice',
    args: BROKEN_FLEET,
    file: fleetWith('  lab1: {site: berlin}'),
    says: [/broken\.yaml:4:3: .*'lab1'.*twice.*line 3/],
  },

  // The selection
  { what: 'a bad node set', args: ['--on', 'lab[1-', ...RUN], says: [/--on: .*lab\[1-/] },
  { what: 'an unknown drone', args: ['--on', 'lab1,lba2', ...RUN], says: [/--on: .*lba2/, /lab2/] },
  { what: 'an unknown group', args: ['--on', '@idel', ...RUN], says: [/--on: .*idel/, /@?idle/] },
  {
    what: 'an empty selection',
    args: ['--on', 'lab1!lab1', ...RUN],
    says: [/--on 'lab1!lab1'/, /no drone/],
  },
  {
    what: 'calls for other drones only',
    ...callsFile('calls.yaml', 'lab9: [{method: ping}]\n'),
    says: [/no selected drone/],
  },

  // Calls
  {
    what: 'an unknown method',
    args: ['--call', 'exce', '{"argv": ["true"]}'],
    says: [/exce/, /did you mean 'exec'/],
  },
  {
    what: 'an argument of the wrong type',
    args: ['--call', 'ping', '--call', 'exec', '{"argv": ["ls", 5]}'],
    says: [/--call 2: exec: argv\[1\]: expected string/],
  },
  { what: 'an argument that is missing', args: ['--call', 'read'], says: [/--call 1: read: path/] },
  {
    what: 'an argument that is not known',
    args: ['--call', 'exec', '{"argv": ["ls"], "pwd": "/"}'],
    says: [/--call 1: exec: .*'pwd'.*'cwd'/],
  },
  {
    what: 'a NUL in an argument',
    args: ['--call', 'exec', '{"argv": ["ls", "a\\u0000b"]}'],
    says: [/--call 1: exec: argv\[1\]: .*NUL/],
  },
  {
    what: 'an output limit over 16 MiB',
    args: ['--call', 'exec', '{"argv": ["ls"], "maxOutputBytes": 16777217}'],
    says: [/--call 1: exec: maxOutputBytes/, /16777216/],
  },
  {
    what: 'malformed JSON behind --call',
    args: ['--call', 'exec', '{"argv": [}'],
    says: [/--call 1:1:1[01]: /],
  },
  {
    what: 'malformed YAML in the calls file',
    ...callsFile('calls.yaml', '- method: ping\n- method: exec\n  args: {argv: [ls}\n'),
    says: [/calls\.yaml:3:\d+: /],
  },
  {
    what: 'malformed JSON in the calls file',
    ...callsFile('calls.json', '[\n  {"method": "ping"},\n  {"method": "exec" "args": {}}\n]\n'),
    says: [/calls\.json:3:\d+: /],
  },
  {
    what: 'no calls file',
    args: ['--calls', 'none.yaml'],
    says: [/--calls none\.yaml: no such file/],
  },
  {
    what: 'an unknown key of a call',
    ...callsFile('calls.yaml', '- method: ping\n- {method: ping, timeout: 5}\n'),
    says: [/calls\.yaml\[1\]: .*'timeout'.*'timeoutMs'/],
  },
  {
    what: 'a bad node set in the calls file',
    ...callsFile('calls.yaml', 'lab[1-: [{method: ping}]\n'),
    says: [/calls\.yaml.*lab\[1-/],
  },
  {
    what: 'an oversized batch',
    ...callsFile(
      'calls.json',
      JSON.stringify([
        { method: 'write', args: { path: '/tmp/never', content: 'x'.repeat(4 * 1024 * 1024) } },
      ]),
    ),
    says: [/lab1: .*4 MiB/],
  },

  // Times and policies
  {
    what: 'a duration without a unit',
    args: ['--deadline', '30', ...RUN],
    says: [/--deadline: '30'.*30s/],
  },
  {
    what: 'a bad connect timeout',
    args: ['--connect-timeout', 'soon', ...RUN],
    says: [/--connect-timeout: 'soon'/],
  },
  {
    what: 'a bad drain time',
    args: ['worker', '--fleet', 'fleet.yaml', '--drain', 'x'],
    says: [/--drain: 'x'/],
  },
  { what: 'a bad policy', args: ['--policy', 'most', ...RUN], says: [/policy 'most'.*max=N/] },
  {
    what: 'a policy for an unknown drone',
    args: ['--policy', 'must=lba1', ...RUN],
    says: [/must.*lba1.*lab1/],
  },
  {
    what: 'a policy for a drone that is not addressed',
    args: ['--on', 'lab1', '--policy', 'must=lab2', ...RUN],
    says: [/must=lab2/],
  },
];

describe('bad input', () => {
  it.each(MISTAKES)('$what: exit 2, said with its place, and nothing enqueued', async (mistake) => {
    if (mistake.file !== undefined) await scratch.write(...mistake.file);
    const { took, ...result } = await timed(commandLine(mistake));

    expect(result).toMatchObject({ code: 2, signal: null, stdout: '' });
    for (const pattern of mistake.says) expect(result.stderr).toMatch(pattern);
    expect(result.stderr).toMatch(/^muster: /);
    // It is the user's mistake, not ours: no stack.
    expect(result.stderr).not.toMatch(/^ +at /m);
    expect(took).toBeLessThan(soonMs());
    expect(await redis.client.keys('*')).toEqual([]);
  });

  it('--no-wait on a Redis that would end with the command: exit 2', async () => {
    const { took: _took, ...result } = await timed(
      ['tick', '--fleet', 'fleet.yaml', '--no-wait', '--', 'true'], //
    );
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/--no-wait.*--redis URL/);
  });
});

/** The mistake stands last or first where order matters; what comes before it is right. */
function commandLine({ args }: Mistake): string[] {
  if (args[0]?.startsWith('-') !== true) {
    return args[0] === 'tock' ? [...args] : [...args, '--redis', redis.url];
  }
  return ['tick', '--redis', redis.url, '--fleet', 'fleet.yaml', ...args];
}

/** Runs it where the files are, with no `muster up` in sight. */
async function timed(args: readonly string[]): Promise<MusterResult & { took: number }> {
  const began = performance.now();
  const env = { MUSTER_STATE_DIR: join(scratch.path, 'state') };
  const process = startMuster(args, { cwd: scratch.path, env });
  // Should it not see its mistake, it must not serve for ever.
  onTestFinished(() => {
    process.kill('SIGKILL');
  });
  const result = await process.ended;
  return { ...result, took: performance.now() - began };
}

describe('a Redis that is not there, or not fit', () => {
  /** Every command that needs a Redis must find out. */
  const COMMANDS = [
    ['tick', '--fleet', 'fleet.yaml', '--', 'true'],
    ['worker', '--fleet', 'fleet.yaml'],
    ['ticks', '--json'],
  ];

  async function expectRefused(
    url: string,
    says: RegExp,
    commands: readonly (readonly string[])[] = COMMANDS,
  ): Promise<void> {
    for (const [name = '', ...args] of commands) {
      const { took, ...result } = await timed([name, '--redis', url, ...args]);
      expect(result).toMatchObject({ code: 3, signal: null, stdout: '' });
      expect(result.stderr).toMatch(says);
      expect(result.stderr).toMatch(/^muster: /);
      expect(result.stderr).not.toMatch(/^ +at /m);
      expect(took).toBeLessThan(soonMs());
    }
  }

  it('no server: exit 3 within 5 s, with the address', async () => {
    const port = String(await freePort());
    await expectRefused(
      `redis://127.0.0.1:${port}`,
      new RegExp(`127\\.0\\.0\\.1:${port}.*refused`),
    );
    await expectRefused(`unix://${scratch.path}/none.sock`, /none\.sock.*no such socket/, [
      ['combiner'],
    ]);
  });

  it('a server that says nothing: exit 3 within 5 s', async () => {
    const silent = await startSilentServer();
    onTestFinished(() => silent.stop());
    const says = new RegExp(`127\\.0\\.0\\.1:${String(silent.port)}.*no answer`);
    await expectRefused(`redis://127.0.0.1:${String(silent.port)}`, says, [['ticks']]);
  });

  it('no Redis at all: exit 3, with the ways to give one', async () => {
    const { took: _took, ...result } = await timed(['ticks']);
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(/--redis URL.*MUSTER_REDIS_URL.*muster up/);
  });

  it('a wrong password, or none: exit 3 without showing it', async () => {
    const server = await startRedisServer({
      directory: scratch.path,
      options: ['--requirepass', 'opensesame'],
    });
    onTestFinished(() => server.stop());
    const at = `127.0.0.1:${String(server.port)}`;
    await expectRefused(server.url, /asks for a password/, [['ticks']]);
    await expectRefused(`redis://:opensezame@${at}`, /^(?!.*opensezame).*wrong .*password/s);
    const right = await muster(['ticks', '--json', '--redis', `redis://:opensesame@${at}`]);
    expect(right).toMatchObject({ code: 0, stdout: '[]\n' });
  });

  it('a server that still loads its data: exit 3, and it is said', async () => {
    const directory = join(scratch.path, 'large');
    await mkdir(directory);
    const first = await startRedisServer({ directory });
    const client = await openRedis(first.url);
    try {
      const filling = client.pipeline();
      for (let key = 0; key < 3_000; key += 1) filling.set(`key${String(key)}`, 'x'.repeat(1_024));
      await filling.exec();
      await client.save();
    } finally {
      await closeRedis(client);
      await first.stop();
    }
    // Redis' own way to make loading slow, in microseconds a key: half a minute in all.
    const loading = await startRedisServer({
      directory,
      options: ['--key-load-delay', '10000', '--loading-process-events-interval-bytes', '1024'],
      until: /Loading RDB/,
    });
    onTestFinished(() => loading.stop());
    await expectRefused(loading.url, /still loading its data/, [COMMANDS[0] ?? [], ['combiner']]);
  });

  it('a server that may throw keys away: exit 3, with the remedy', async () => {
    const server = await startRedisServer({
      directory: scratch.path,
      options: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
    });
    onTestFinished(() => server.stop());
    await expectRefused(server.url, /allkeys-lru.*CONFIG SET maxmemory-policy noeviction/, [
      ['tick', '--fleet', 'fleet.yaml', '--', 'true'],
    ]);
  });
});
