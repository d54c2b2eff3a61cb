/** One tick, through the command, on drones of this machine and on real sshd targets. */
import { mkdir } from 'node:fs/promises';
import { freePort, muster, scratchDir, startSshdLab } from '@muster/testing';
import type { ScratchDir, SshdLab } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecord } from './record-schema.js';

let lab: SshdLab;
let scratch: ScratchDir;

beforeAll(async () => {
  // Fifty machines turn nobody away; one sshd that stands for them must not either.
  [lab, scratch] = await Promise.all([
    startSshdLab({ targets: 50, maxStartups: '200:30:300' }),
    scratchDir(),
  ]);
});

afterAll(async () => {
  await lab.stop();
  await scratch.remove();
});

/** Names with a number: `lab001` and so on. */
function numbered(prefix: string, count: number, digits: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    return `${prefix}${String(index + 1).padStart(digits, '0')}`;
  });
}

/** JSON is YAML: what YAML would need quotes for, has them. */
function fleetFile(
  name: string,
  defaults: object,
  drones: Record<string, object>,
): Promise<string> {
  return scratch.write(name, JSON.stringify({ version: 1, defaults, drones }));
}

function sshDefaults(knownHosts: string): object {
  const { user, identityFile } = lab;
  return { transport: 'ssh', user, identityFile, knownHosts };
}

function labDrones(): Record<string, object> {
  return Object.fromEntries(
    lab.targets.map(({ name, address, port }) => [name, { address, port }]),
  );
}

describe('a tick on drones that are all well', () => {
  it('gives the whole record of 20 local drones', async () => {
    const workdir = `${scratch.path}/work`;
    await mkdir(workdir);
    const fleet = await fleetFile(
      'local.yaml',
      { transport: 'local', workdir },
      { 'box[01-20]': {}, 'spare[1-3]': { enabled: false } },
    );
    const script = 'echo "$MUSTER_DRONE $MUSTER_TICK $MUSTER_MARK"; pwd; echo aside >&2';
    const { code, stdout, stderr } = await muster([
      ...['tick', '--fleet', fleet, '--json', '--deadline', '30s', '--lane', 'roll.call'],
      ...['--call', 'exec', JSON.stringify({ shell: script }), '--call', 'ping'],
    ]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const record = readRecord(stdout);
    expect(record).toMatchObject({
      tick: 'roll.call-1',
      lane: 'roll.call',
      status: 'ok',
      deadlineMs: 30_000,
      policy: 'all',
      counts: { ok: 20 },
      failure: null,
    });
    expect(record.durationMs).toBeLessThan(30_000);
    expect(Object.keys(record.drones)).toEqual(numbered('box', 20, 2));
    for (const [drone, entry] of Object.entries(record.drones)) {
      expect(entry).toEqual({
        outcome: 'ok',
        results: [
          {
            exitCode: 0,
            signal: null,
            stdout: `${drone} roll.call-1 ${markOf(entry.results[0], drone)}\n${workdir}\n`,
            stderr: 'aside\n',
            truncated: false,
          },
          { time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string },
        ],
        warnings: [],
        error: null,
        attempts: 1,
        worker: expect.stringMatching(/^[^:]+:\d+$/) as string,
        calls: [
          { method: 'exec', status: 'ok', durationMs: expect.any(Number) as number },
          { method: 'ping', status: 'ok', durationMs: expect.any(Number) as number },
        ],
        timings: entry.timings,
      });
      expect(entry.timings.connectMs).toBeLessThan(5_000);
      expect(entry.timings.runMs).toBeGreaterThan(0);
    }
  });

  it('gives the whole record of 50 real sshd targets', async () => {
    const fleet = await fleetFile('ssh.yaml', sshDefaults(lab.knownHostsFile), labDrones());
    const script = 'echo "$MUSTER_DRONE ${SSH_CONNECTION##* 127.}"; exit 7';
    const { code, stdout, stderr } = await muster([
      ...['tick', '--fleet', fleet, '--json'],
      ...['--call', 'exec', JSON.stringify({ shell: script, check: false })],
    ]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const record = readRecord(stdout);
    expect(record).toMatchObject({ tick: 'default-1', deadlineMs: 60_000, counts: { ok: 50 } });
    expect(Object.keys(record.drones)).toEqual(numbered('lab', 50, 3));
    for (const { name, address, port } of lab.targets) {
      // That each drone ran it at its own address shows that nobody ran it for another.
      const at = `${address.replace('127.', '')} ${String(port)}`;
      expect(record.drones[name]).toMatchObject({
        results: [
          { exitCode: 7, signal: null, stdout: `${name} ${at}\n`, stderr: '', truncated: false },
        ],
        attempts: 1,
        calls: [{ method: 'exec', status: 'ok' }],
      });
      expect(record.drones[name]?.timings.connectMs).toBeGreaterThan(0);
    }
  });
});

/** What the drone itself said its mark is, once it was seen to name tick and drone. */
function markOf(result: unknown, drone: string): string {
  const mark = / (\S+)\n/.exec((result as { stdout: string }).stdout)?.[1] ?? '';
  expect(mark).toContain('roll.call-1');
  expect(mark).toContain(drone);
  return mark;
}

describe('a tick on 50 drones of which 7 are bad, each in its way', () => {
  it('fails, names exactly those with what a person can do, and has the other 43 results', async () => {
    const [fails, deaf, locked, changed, unknown, typo, absent] = lab.targets.slice(43);
    if (!fails || !deaf || !locked || !changed || !unknown || !typo || !absent) {
      throw new Error('the lab has fewer than 50 targets');
    }
    const knownHosts = await lab.writeKnownHosts({
      changed: [changed.address],
      without: [unknown.address],
    });
    const closedPort = await freePort();
    const fleet = await fleetFile('bad.yaml', sshDefaults(knownHosts), {
      ...labDrones(),
      [deaf.name]: { address: deaf.address, port: closedPort },
      [locked.name]: {
        address: locked.address,
        port: locked.port,
        identityFile: lab.wrongIdentityFile,
      },
      [absent.name]: { transport: 'agent' },
    });
    const calls = await scratch.write(
      'calls.yaml',
      [
        "'lab[001-043,045-048,050]':",
        '  - {method: exec, args: {shell: echo $MUSTER_DRONE}}',
        "'lab044':",
        '  - {method: exec, args: {argv: [echo, first]}}',
        '  - {method: exec, args: {shell: "echo disk on fire >&2; exit 3"}}',
        '  - {method: ping}',
        "'lab049':",
        '  - {method: exec, args: {argv: [no-such-command, --now]}}',
        '',
      ].join('\n'),
    );
    const began = performance.now();
    const { code, stdout, stderr } = await muster([
      ...['tick', '--fleet', fleet, '--calls', calls, '--deadline', '8s', '--json'],
    ]);
    const tookMs = performance.now() - began;

    expect(code).toBe(1);
    // Who waits is told at once what the deadline will say.
    expect(stderr).toMatch(/^\{.*"drones":"lab050","msg":"no worker serves these drones yet"\}\n$/);
    const record = readRecord(stdout);
    expect(record.durationMs).toBeGreaterThanOrEqual(8_000);
    expect(record.durationMs).toBeLessThanOrEqual(10_000);
    // The process has to start and to end as well.
    expect(tookMs).toBeLessThan(20_000);
    expect(record.status).toBe('failed');
    expect(record.counts).toEqual({
      ok: 43,
      call_failed: 2,
      unreachable: 1,
      auth_failed: 1,
      host_key_mismatch: 2,
      never_started: 1,
    });
    const reason = (outcome: string, message: RegExp, call: number | null = null) => ({
      outcome,
      message: expect.stringMatching(message) as string,
      call,
    });
    const port = String(changed.port);
    expect(record.failure?.drones).toEqual({
      lab044: reason('call_failed', /call 1, exec: exit 3: disk on fire/, 1),
      lab045: reason('unreachable', new RegExp(`refused on port ${String(closedPort)}$`)),
      lab046: reason('auth_failed', new RegExp(`${lab.user}.*wrong_identity`)),
      lab047: reason('host_key_mismatch', new RegExp(`${changed.address}.*${port}.*changed`)),
      lab048: reason('host_key_mismatch', new RegExp(`${unknown.address}.*${port}.*is not in`)),
      lab049: reason('call_failed', /call 0, exec: exit 127: .*no-such-command.*not found/, 0),
      lab050: reason('never_started', /no worker serves it/),
    });
    const names = ['lab044', 'lab045', 'lab046', 'lab047', 'lab048', 'lab049', 'lab050'];
    for (const name of names) expect(record.failure?.message).toContain(name);
    expect(record.failure?.message).toMatch(/^7 of 50 drones failed: /);

    // The remedy is a command to paste; the error in the entry has it whole.
    expect(record.drones['lab047']?.error?.message).toContain(`ssh-keygen -R`);
    expect(record.drones['lab048']?.error?.message).toContain(`ssh-keyscan -p ${port}`);
    expect(record.drones['lab044']).toMatchObject({
      results: [{ exitCode: 0, stdout: 'first\n' }],
      calls: [{ status: 'ok' }, { status: 'failed' }, { status: 'skipped' }],
    });
    expect(record.drones['lab050']).toMatchObject({ results: [], attempts: 0, worker: null });

    expect(Object.keys(record.drones)).toEqual(numbered('lab', 50, 3));
    for (const name of numbered('lab', 43, 3)) {
      expect(record.drones[name]).toMatchObject({
        outcome: 'ok',
        error: null,
        results: [{ exitCode: 0, stdout: `${name}\n`, stderr: '' }],
      });
    }
  });
});
