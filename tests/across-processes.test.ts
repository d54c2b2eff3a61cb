/** A Redis, a combiner, workers, producers and readers: each a process of its own. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DroneTaskQueue, loadFleet } from '@muster/producer';
import {
  makeGate,
  muster,
  processesWith,
  scratchDir,
  startMuster,
  startTestRedis,
  until,
} from '@muster/testing';
import type { Gate, MusterProcess, MusterResult, ScratchDir, TestRedis } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { readRecord, readRecordHead } from './record-schema.js';

// Each test starts several processes, also where others use the machine.
vi.setConfig({ testTimeout: 120_000 });

let scratch: ScratchDir;
let redis: TestRedis;
let fleet: string;
const services: MusterProcess[] = [];

beforeAll(async () => {
  [scratch, redis] = await Promise.all([scratchDir(), startTestRedis()]);
  fleet = await scratch.write(
    'fleet.yaml',
    [
      'version: 1',
      'defaults: {transport: local}',
      'drones:',
      '  near[1-3]: {}',
      '  far[1-2]: {site: berlin}',
      '  leaver: {site: airport}',
      '  edge[1-2]: {transport: agent}',
      '',
    ].join('\n'),
  );
  // A worker on a drone knows of no fleet file, and must not find one where it runs.
  const elsewhere = join(scratch.path, 'elsewhere');
  await mkdir(elsewhere);
  services.push(
    startMuster(['combiner', '--redis', redis.url]),
    startMuster(['worker', '--redis', redis.url, '--fleet', fleet]),
    startMuster(['worker', '--redis', redis.url, '--fleet', fleet, '--site', 'berlin']),
    startMuster(['worker', '--redis', redis.url, '--drone', 'edge1'], { cwd: elsewhere }),
  );
  await Promise.all(services.map((service) => service.logged('ready')));
});

afterAll(async () => {
  await Promise.all(services.map(end));
  await redis.stop();
  await scratch.remove();
});

async function end(process: MusterProcess): Promise<MusterResult> {
  process.kill('SIGTERM');
  return process.ended;
}

/** `muster tick` on the shared Redis. */
function tick(args: readonly string[]): Promise<MusterResult> {
  return muster(['tick', '--redis', redis.url, '--fleet', fleet, ...args]);
}

function startTick(args: readonly string[]): MusterProcess {
  const process = startMuster(['tick', '--redis', redis.url, '--fleet', fleet, ...args]);
  onTestFinished(async () => {
    process.kill('SIGKILL');
    await process.ended;
  });
  return process;
}

async function gateForTest(): Promise<Gate> {
  const gate = await makeGate();
  onTestFinished(() => gate.remove());
  return gate;
}

/** Another process that looks at the shared Redis. */
async function look(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await muster([...args, '--redis', redis.url]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('two producers on lanes of their own, at once', () => {
  it('each get their own record, which other processes read afterwards', async () => {
    const [one, other] = await Promise.all([
      tick(['--lane', 'one', '--on', 'near[1-3],far[1-2],edge1', '--json', '--', 'echo', 'first']),
      tick(['--lane', 'other', '--on', 'near[1-3],far1', '--json', '--', 'echo', 'second']),
    ]);
    expect([one.code, other.code, one.stderr, other.stderr]).toEqual([0, 0, '', '']);
    const records = [readRecord(one.stdout), readRecord(other.stdout)] as const;
    expect(records.map(({ tick, counts }) => ({ tick, counts }))).toEqual([
      { tick: 'one-1', counts: { ok: 6 } },
      { tick: 'other-1', counts: { ok: 4 } },
    ]);
    const said = (index: 0 | 1) => {
      const entries = Object.entries(records[index].drones);
      return entries.map(([drone, { results }]) => [drone, stdoutOf(results[0])]);
    };
    const all = ['near1', 'near2', 'near3', 'far1', 'far2', 'edge1'];
    expect(said(0)).toEqual(all.map((drone) => [drone, 'first\n']));
    expect(said(1)).toEqual(all.slice(0, 4).map((drone) => [drone, 'second\n']));

    // Each site's drones were run by its worker, and edge1 by the worker on it.
    const workers = new Map(
      Object.entries(records[0].drones).map(([drone, { worker }]) => [drone, worker]),
    );
    const pids = services.slice(1).map(({ pid }) => String(pid));
    expect(all.map((drone) => workers.get(drone)?.split(':')[1])).toEqual([
      ...[pids[0], pids[0], pids[0]],
      ...[pids[1], pids[1]],
      pids[2],
    ]);

    const [shown, listed, shownToPeople] = await Promise.all([
      look(['show', 'one-1', '--json']),
      look(['ticks', '--json']),
      look(['show', 'other-1']),
    ]);
    expect(readRecord(shown)).toEqual(records[0]);
    const heads = z.array(z.unknown()).parse(JSON.parse(listed)).map(readRecordHead);
    const { drones: _drones, ...head } = records[1];
    expect(heads).toContainEqual(head);
    expect(heads.map(({ tick: id }) => id).toSorted()).toEqual(['one-1', 'other-1']);
    const starts = heads.map(({ startedAt }) => startedAt);
    expect(starts).toEqual(starts.toSorted().toReversed());
    expect(shownToPeople.trimEnd().split('\n').at(-1)).toMatch(/^4 of 4 drones ok .*other-1 ok$/);
  });

  it('leave the health of each drone and the workers for `muster fleet --json`', async () => {
    await tick(['--lane', 'health', '--on', 'near1', '--', 'true']);
    await tick(['--lane', 'health', '--on', 'near2', '--', 'false']);
    const said = z
      .object({
        drones: z.record(
          z.string(),
          z.looseObject({ health: z.string(), lastOutcome: z.string().nullable() }),
        ),
        workers: z.array(
          z.looseObject({
            id: z.string(),
            sites: z.array(z.string()),
            drones: z.array(z.string()),
            version: z.string().regex(/^\d+\.\d+\.\d+/),
          }),
        ),
      })
      .parse(JSON.parse(await look(['fleet', '--fleet', fleet, '--json'])));

    expect(Object.keys(said.drones)).toEqual([
      ...['near1', 'near2', 'near3', 'far1', 'far2', 'leaver', 'edge1', 'edge2'],
    ]);
    expect(said.drones['near1']?.lastOutcome).toBe('ok');
    expect(said.drones['near2']?.lastOutcome).toBe('call_failed');
    expect(said.drones['edge2']?.lastOutcome).toBeNull();
    const health = (drone: string) => said.drones[drone]?.health;
    expect(new Set([health('near1'), health('near2'), health('edge2')]).size).toBe(3);
    const served = said.workers.map(({ id, sites, drones }) => [id.split(':')[1], sites, drones]);
    expect(served.toSorted()).toEqual(
      [
        [String(services[1]?.pid), ['default'], []],
        [String(services[2]?.pid), ['berlin'], []],
        [String(services[3]?.pid), [], ['edge1']],
      ].toSorted(),
    );
  });
});

describe('a lane', () => {
  it('takes one of two ticks, and tells the other which one runs', async () => {
    const gate = await gateForTest();
    const first = startTick(['--lane', 'busy', '--on', 'near1', '--json', '--', ...gate.argv]);
    await gate.entered();

    const second = await tick(['--lane', 'busy', '--on', 'near2', '--', 'true']);
    expect(second).toMatchObject({ code: 4, stdout: '' });
    expect(second.stderr).toMatch(/busy-1\b.*running/);
    const elsewhere = await tick(['--lane', 'idle', '--on', 'near1', '--', 'true']);
    expect(elsewhere.code).toBe(0);

    await gate.open();
    const { code, stdout } = await first.ended;
    expect(code).toBe(0);
    expect(stdoutOf(readRecord(stdout).drones['near1']?.results[0])).toBe('through\n');
    expect((await tick(['--lane', 'busy', '--on', 'near2', '--', 'true'])).code).toBe(0);
  });

  it('of a producer that does not wait is free when the tick has ended', async () => {
    const gate = await gateForTest();
    const args = ['--lane', 'later', '--on', 'near1'];
    const left = await tick([...args, '--no-wait', '--', ...gate.argv]);
    expect(left).toMatchObject({ code: 0, stdout: 'later-1\n', stderr: '' });
    await gate.entered();

    expect(JSON.parse(await look(['show', 'later-1', '--json']))).toMatchObject({
      status: 'running',
      finishedAt: null,
      durationMs: null,
      drones: { near1: { outcome: null, results: [] } },
    });
    const refused = await tick([...args, '--', 'true']);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('later-1');

    await gate.open();
    await untilEnded('later-1');
    expect(readRecord(await look(['show', 'later-1', '--json']))).toMatchObject({
      status: 'ok',
      counts: { ok: 1 },
    });
    const next = await tick([...args, '--json', '--', 'true']);
    expect(next.code).toBe(0);
    expect(readRecord(next.stdout).tick).toBe('later-2');
  });

  it('of such a producer is free at once, and not only when its lease has run out', async () => {
    // Nearer than a process that has to start first.
    const next = await DroneTaskQueue.open({
      name: 'at-once',
      fleet: await loadFleet(fleet),
      redis: redis.url,
    });
    onTestFinished(() => next.close());
    const drones = (await loadFleet(fleet)).select('near1');
    for (const drone of drones) drone.queueCall('ping');

    const left = startTick(['--lane', 'at-once', '--on', 'near1', '--no-wait', '--', 'true']);
    await left.printed('at-once-1\n');
    await untilEnded('at-once-1');
    expect((await next.execute(drones)).size).toBe(1);
    expect(await left.ended).toMatchObject({ code: 0 });
  });
});

describe('muster cancel, from elsewhere', () => {
  it('ends the tick, which tells its producer: exit 1, and each drone is cancelled', async () => {
    const gate = await gateForTest();
    const on = ['--lane', 'doomed', '--on', 'near1,edge2', '--json'];
    const doomed = startTick([...on, '--', ...gate.argv]);
    await gate.entered();
    expect(await processesWith('MUSTER_TICK=doomed-1')).not.toEqual([]);

    const said = await muster(
      ['cancel', 'doomed-1', '--reason', 'wrong image', '--redis', redis.url], //
    );
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout).toContain('doomed-1');

    const { code, stdout } = await doomed.ended;
    expect(code).toBe(1);
    const record = readRecord(stdout);
    expect(record).toMatchObject({ status: 'cancelled', counts: { cancelled: 2 } });
    expect(record.durationMs).toBeLessThan(30_000);
    expect(record.failure?.message).toContain('wrong image');
    // The one that ran was ended, and it is said whether proof was had; the other never began.
    expect(record.drones['near1']).toMatchObject({
      error: {
        message: expect.stringContaining('wrong image') as string,
        ended: expect.stringMatching(/^(un)?confirmed$/) as string,
      },
      calls: [{ status: 'cancelled' }],
    });
    expect(record.drones['edge2']).toMatchObject({ attempts: 0, calls: [{ status: 'cancelled' }] });

    await until('its call is gone', async () => {
      return (await processesWith('MUSTER_TICK=doomed-1')).length === 0;
    });

    const again = await muster(['cancel', 'doomed-1', '--redis', redis.url]);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toMatch(/doomed-1.*ended/);
  });
});

describe('a worker that is told to leave', () => {
  it('finishes the call that runs, takes nothing new, and ends with 0', async () => {
    const gate = await gateForTest();
    const args = ['worker', '--redis', redis.url, '--fleet', fleet, '--site', 'airport'];
    const worker = startMuster(args);
    onTestFinished(async () => {
      worker.kill('SIGKILL');
      await worker.ended;
    });
    await worker.logged('ready');
    const before = startTick(['--lane', 'before', '--on', 'leaver', '--json', '--', ...gate.argv]);
    await gate.entered();
    worker.kill('SIGTERM');
    await worker.logged('stopping');

    const after = await tick([
      ...['--lane', 'after', '--on', 'leaver', '--deadline', '2s', '--json', '--', 'true'],
    ]);
    expect(after.code).toBe(1);
    const refused = readRecord(after.stdout);
    expect(refused.drones['leaver']).toMatchObject({ outcome: 'never_started', attempts: 0 });

    await gate.open();
    const { code, stdout } = await before.ended;
    expect(code).toBe(0);
    expect(readRecord(stdout).drones['leaver']).toMatchObject({ outcome: 'ok', attempts: 1 });
    expect(await worker.ended).toMatchObject({ code: 0, signal: null });
    const left = await look(['fleet', '--fleet', fleet, '--json']);
    expect(left).not.toContain(`:${String(worker.pid)}"`);
  });

  it('does not wait for batches that it does not hold, when Redis is gone', async () => {
    const own = await startTestRedis();
    const args = ['worker', '--redis', own.url, '--fleet', fleet, '--drain', '10m'];
    const worker = startMuster(args);
    onTestFinished(async () => {
      worker.kill('SIGKILL');
      await worker.ended;
      await own.stop();
    });
    await worker.logged('ready');
    await own.stop();
    worker.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ code: 0, signal: null });
  });
});

describe('--rerun-failed', () => {
  it('addresses the bad drones alone, with the calls that they were given', async () => {
    const mended = join(scratch.path, 'mended');
    const script = 'case $MUSTER_DRONE in near[12]) test -e "$MENDED";; esac && echo "$1"';
    const call = { argv: ['sh', '-c', script, 'sh', 'as before'], env: { MENDED: mended } };
    const lane = ['--lane', 'mending', '--json'];
    const first = await tick([
      ...lane,
      '--on',
      'near[1-3]',
      '--call',
      'exec',
      JSON.stringify(call),
    ]);
    expect(first.code).toBe(1);
    expect(readRecord(first.stdout)).toMatchObject({
      tick: 'mending-1',
      counts: { ok: 1, call_failed: 2 },
    });

    await writeFile(mended, '');
    const second = await tick([...lane, '--rerun-failed', 'mending-1']);
    expect(second.code).toBe(0);
    const record = readRecord(second.stdout);
    expect(Object.keys(record.drones)).toEqual(['near1', 'near2']);
    expect(stdoutOf(record.drones['near2']?.results[0])).toBe('as before\n');

    const third = await tick([...lane, '--rerun-failed', record.tick]);
    expect(third).toMatchObject({ code: 2, stdout: '' });
    expect(third.stderr).toContain(record.tick);
  });
});

describe('muster up', () => {
  it('is found without a flag, and its ticks outlive a restart', async () => {
    const env = { MUSTER_STATE_DIR: join(scratch.path, 'state'), MUSTER_FLEET: fleet };
    const start = () => {
      const process = startMuster(['up'], { env });
      onTestFinished(async () => {
        process.kill('SIGKILL');
        await process.ended;
      });
      return process;
    };
    const up = start();
    await up.logged('ready');
    // It serves all the sites of its fleet; nobody else does so on its Redis.
    const on = ['--on', 'near[1-3],far[1-2],leaver', '--json'];
    const ticked = await muster(['tick', ...on, '--', 'echo', 'kept'], { env });
    expect({ code: ticked.code, stderr: ticked.stderr }).toEqual({ code: 0, stderr: '' });
    const record = readRecord(ticked.stdout);
    expect(record).toMatchObject({ tick: 'default-1', counts: { ok: 6 } });
    expect(await start().ended).toMatchObject({ code: 2, stdout: '' });
    expect((await end(up)).code).toBe(0);

    const gone = await muster(['show', 'default-1'], { env });
    expect(gone).toMatchObject({ code: 3, stdout: '' });

    const again = start();
    await again.logged('ready');
    const shown = await muster(['show', 'default-1', '--json'], { env });
    expect(readRecord(shown.stdout)).toEqual(record);
    const next = await muster(['tick', ...on, '--', 'true'], { env });
    expect(readRecord(next.stdout).tick).toBe('default-2');
    expect((await end(again)).code).toBe(0);
  });
});

function stdoutOf(result: unknown): string {
  return z.looseObject({ stdout: z.string() }).parse(result).stdout;
}

/** Asks Redis, which does not say it to those who did not follow the tick. */
async function untilEnded(id: string): Promise<void> {
  await until(`${id} has ended`, async () => {
    return (await redis.client.hget(`{muster}:tick:${id}`, 'state')) === 'closed';
  });
}
