import { keys, type MissingEntry, type TickRecord, type Verdict } from '@muster/protocol';
import { describe, expect, it } from 'vitest';
import {
  beginCall,
  beginClosing,
  closeTick,
  readEntries,
  readRecord,
  readTickFacts,
  reportBatch,
  writeRoster,
  type TickFacts,
} from '../src/index.js';
import { freshStore } from './fresh-store.js';
import {
  claim,
  openLab,
  reportOf,
  setPast,
  tokenOf,
  VERDICT_OK,
  type LabTick,
} from './lab-tick.js';

const store = freshStore();

async function factsOf(tick: string): Promise<TickFacts> {
  const facts = await readTickFacts(store, tick);
  if (facts === undefined) throw new Error(`no tick ${tick}`);
  return facts;
}

/** Closes the tick at the end of its time. */
async function closeLate(
  tick: string,
  seen: number,
  verdict: Verdict,
  held: readonly string[] = [],
): Promise<void> {
  await beginClosing(store, tick, 'cancelled');
  await setPast(store, tick, 'closeAt');
  expect(await closeTick(store, tick, seen, verdict, held)).toBe('closed');
}

async function report(
  lab: LabTick,
  ...some: Parameters<typeof reportOf> extends [unknown, ...infer Rest] ? Rest : never
): Promise<void> {
  await claim(store, lab, some[0]);
  expect(await reportBatch(store, reportOf(lab, ...some))).toBe('accepted');
}

const NO_TIME = { queuedMs: 0, connectMs: 0, runMs: 0 };

describe('readRecord', () => {
  it('is the record of a tick that is ok', async () => {
    const lab = await openLab(store, ['lab2', 'lab1'], { deadlineMs: 30_000 });
    await report(lab, 'lab1');
    await report(lab, 'lab2', { warnings: ['slow'] });
    await closeTick(store, lab.tick, 2, VERDICT_OK);
    const facts = await factsOf(lab.tick);
    const record = await readRecord(store, facts);
    const said = {
      outcome: 'ok',
      warnings: [],
      error: null,
      attempts: 1,
      worker: 'host:1',
      calls: [
        { method: 'exec', status: 'ok', durationMs: 3 },
        { method: 'ping', status: 'ok', durationMs: 1 },
      ],
      timings: { queuedMs: 2, connectMs: 0, runMs: 4 },
    };
    expect(record).toEqual({
      tick: 'default-1',
      lane: 'default',
      status: 'ok',
      startedAt: new Date(lab.startedAt).toISOString(),
      finishedAt: new Date(facts.finishedAt ?? 0).toISOString(),
      durationMs: (facts.finishedAt ?? 0) - lab.startedAt,
      deadlineMs: 30_000,
      policy: 'all',
      counts: { ok: 2 },
      failure: null,
      drones: {
        lab2: { ...said, warnings: ['slow'], results: [{ exitCode: 0 }, { time: 'lab2' }] },
        lab1: { ...said, results: [{ exitCode: 0 }, { time: 'lab1' }] },
      },
    });
    expect(record.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('has exactly the roster, in its order, whatever the order of the reports', async () => {
    const roster = ['zoo', 'lab2', 'lab10', 'a.b-c', 'constructor', 'lab1'];
    const lab = await openLab(store, roster);
    for (const drone of [...roster].sort()) await report(lab, drone);
    const { drones } = await readRecord(store, await factsOf(lab.tick));
    expect(Object.keys(drones)).toEqual(roster);
    for (const [drone, entry] of Object.entries(drones)) {
      expect(entry.results[1]).toEqual({ time: drone });
    }
  });

  it('has every drone of a roster that takes several reads', async () => {
    const roster = Array.from({ length: 601 }, (_, index) => `lab${String(index)}`);
    const lab = await openLab(store, roster);
    for (const drone of ['lab0', 'lab249', 'lab250', 'lab600']) await report(lab, drone);
    const { drones } = await readRecord(store, await factsOf(lab.tick));
    expect(Object.keys(drones)).toEqual(roster);
    const reported = Object.entries(drones).filter(([, { outcome }]) => outcome === 'ok');
    expect(reported.map(([drone]) => drone)).toEqual(['lab0', 'lab249', 'lab250', 'lab600']);
  });

  it('takes in nothing from strangers', async () => {
    const lab = await openLab(store, ['lab1']);
    await report(lab, 'stranger');
    expect(Object.keys((await readRecord(store, await factsOf(lab.tick))).drones)).toEqual([
      'lab1',
    ]);
  });

  it('gives each drone without a report its own entry of the verdict', async () => {
    const lab = await openLab(store, ['lab1', 'lab2', 'lab3', 'lab4', 'lab5']);
    await report(lab, 'lab3');
    const neverStarted: MissingEntry = {
      drones: 'lab[1-2]',
      outcome: 'never_started',
      error: { message: 'no worker serves it' },
      worker: null,
      attempts: 0,
    };
    const lost: MissingEntry = {
      drones: 'lab5',
      outcome: 'worker_lost',
      error: { message: 'worker host:9 held the batch and did not report', ended: 'unconfirmed' },
      worker: 'host:9',
      attempts: 2,
    };
    const cancelled: MissingEntry = { ...neverStarted, drones: 'lab4', outcome: 'cancelled' };
    const message = '4 of 5 drones failed: …';
    await closeLate(lab.tick, 1, {
      status: 'failed',
      counts: { ok: 1, never_started: 2, worker_lost: 1, cancelled: 1 },
      message,
      missing: [neverStarted, lost, cancelled],
    });
    const record = await readRecord(store, await factsOf(lab.tick));
    const entry = ({ drones: _drones, ...said }: MissingEntry, ...statuses: string[]) => ({
      ...said,
      results: [],
      warnings: [],
      calls: [
        { method: 'exec', status: statuses[0], durationMs: 0 },
        { method: 'ping', status: statuses[1], durationMs: 0 },
      ],
      timings: NO_TIME,
    });
    expect(record.drones).toEqual({
      lab1: entry(neverStarted, 'skipped', 'skipped'),
      lab2: entry(neverStarted, 'skipped', 'skipped'),
      lab3: expect.objectContaining({ outcome: 'ok' }) as unknown,
      lab4: entry(cancelled, 'cancelled', 'cancelled'),
      lab5: entry(lost, 'unknown', 'skipped'),
    });
    expect(record).toMatchObject({ status: 'failed', counts: { ok: 1, never_started: 2 } });
    const noWorker = { outcome: 'never_started', message: 'no worker serves it', call: null };
    expect(record.failure).toEqual({
      message,
      drones: {
        lab1: noWorker,
        lab2: noWorker,
        lab4: { ...noWorker, outcome: 'cancelled' },
        lab5: { outcome: 'worker_lost', message: lost.error.message, call: null },
      },
    });
  });

  it('has the completed prefix of a bad drone, and the call that failed', async () => {
    const lab = await openLab(store, ['lab1']);
    const error = { message: 'call 1, ping: no answer', call: 1, ended: 'confirmed' } as const;
    await claim(store, lab, 'lab1');
    await reportBatch(store, {
      ...reportOf(lab, 'lab1', { outcome: 'call_failed', error }),
      results: '[{"exitCode":0}]',
    });
    const verdict: Verdict = {
      status: 'failed',
      counts: { call_failed: 1 },
      message: '1 of 1 drone failed: lab1 call_failed (call 1, ping: no answer)',
      missing: [],
    };
    await closeTick(store, lab.tick, 1, verdict);
    const record = await readRecord(store, await factsOf(lab.tick));
    expect(record.drones['lab1']).toMatchObject({ error, results: [{ exitCode: 0 }] });
    expect(record.failure).toEqual({
      message: verdict.message,
      drones: {
        lab1: { outcome: 'call_failed', message: 'call 1, ping: no answer', call: 1 },
      },
    });
  });

  it('has what was finished of a batch whose worker was lost', async () => {
    const lab = await openLab(store);
    await report(lab, 'lab1');
    await claim(store, lab, 'lab2', 'host:2');
    const token = tokenOf('host:2', 'lab2');
    const holder = { tick: lab.tick, epoch: lab.epoch, drone: 'lab2', token };
    await beginCall(store, holder, { begun: 0 });
    await beginCall(store, holder, { ended: { index: 0, result: '{"exitCode":7}' }, begun: 1 });
    const running = await readRecord(store, await factsOf(lab.tick));
    const results = [{ exitCode: 7 }];
    const statuses = (record: TickRecord) =>
      record.drones['lab2']?.calls.map(({ status }) => status);
    expect(running.drones['lab2']).toMatchObject({ outcome: null, results, worker: 'host:2' });
    expect(statuses(running)).toEqual(['ok', 'running']);
    const lost: MissingEntry = {
      drones: 'lab2',
      outcome: 'worker_lost',
      error: { message: 'worker host:2 held the batch and did not report', ended: 'confirmed' },
      worker: 'host:2',
      attempts: 1,
    };
    const verdict = { ...VERDICT_OK, counts: { ok: 1, worker_lost: 1 }, missing: [lost] };
    await closeLate(lab.tick, 1, verdict, ['lab2']);
    const closed = await readRecord(store, await factsOf(lab.tick));
    expect(closed.drones['lab2']).toMatchObject({ outcome: 'worker_lost', results });
    expect(statuses(closed)).toEqual(['ok', 'unknown']);
  });

  it('shows a tolerated drone, and no failure', async () => {
    const lab = await openLab(store, ['lab1'], { policy: 'max=1' });
    await report(lab, 'lab1', { outcome: 'unreachable', error: { message: 'refused' } });
    await closeTick(store, lab.tick, 1, { ...VERDICT_OK, counts: { unreachable: 1 } });
    expect(await readRecord(store, await factsOf(lab.tick))).toMatchObject({
      status: 'ok',
      policy: 'max=1',
      failure: null,
      drones: { lab1: { outcome: 'unreachable', error: { message: 'refused' } } },
    });
  });

  it('says of a running tick what is known, and null of the rest', async () => {
    const lab = await openLab(store);
    await report(lab, 'lab2');
    const record = await readRecord(store, await factsOf(lab.tick));
    expect(record).toMatchObject({
      status: 'running',
      finishedAt: null,
      durationMs: null,
      counts: {},
      failure: null,
      drones: { lab2: { outcome: 'ok' } },
    });
    expect(record.drones['lab1']).toEqual({
      outcome: null,
      results: [],
      warnings: [],
      error: null,
      attempts: 0,
      worker: null,
      calls: [
        { method: 'exec', status: 'waiting', durationMs: 0 },
        { method: 'ping', status: 'waiting', durationMs: 0 },
      ],
      timings: NO_TIME,
    });
    await beginClosing(store, lab.tick, 'cancelled');
    expect((await readRecord(store, await factsOf(lab.tick))).status).toBe('running');
  });

  it('has an entry for each call of the batch that the drone was given', async () => {
    const calls = (...methods: string[]) => JSON.stringify(methods.map((method) => ({ method })));
    const roster = writeRoster([
      { drone: 'a', queue: 'site.lab', batch: 1 },
      { drone: 'b', queue: 'drone.b', batch: 0 },
      { drone: 'c', queue: 'site.lab', batch: 1 },
    ]);
    const batches = [calls('ping'), calls('exec', 'read', 'exec')];
    const lab = await openLab(store, ['a', 'b', 'c'], { roster, batches });
    const { drones } = await readRecord(store, await factsOf(lab.tick));
    const methods = Object.values(drones).map((entry) => entry.calls.map(({ method }) => method));
    expect(methods).toEqual([['exec', 'read', 'exec'], ['ping'], ['exec', 'read', 'exec']]);
  });

  it('has an entry for each call also of a drone whose worker could not read its batch', async () => {
    const lab = await openLab(store, ['lab1']);
    const error = { message: 'version skew: the batch has version 1' };
    await report(lab, 'lab1', { outcome: 'rejected', error, calls: [] });
    const { drones } = await readRecord(store, await factsOf(lab.tick));
    expect(drones['lab1']).toMatchObject({
      outcome: 'rejected',
      error,
      worker: 'host:1',
      calls: [
        { method: 'exec', status: 'skipped', durationMs: 0 },
        { method: 'ping', status: 'skipped', durationMs: 0 },
      ],
    });
  });

  it('rejects the drone whose report cannot be read, and has the others', async () => {
    const lab = await openLab(store);
    await report(lab, 'lab1');
    await report(lab, 'lab2');
    await store.redis.hset(keys.reports(store.prefix, lab.tick), 'lab1', '{"v":2}');
    const { drones } = await readRecord(store, await factsOf(lab.tick));
    expect(drones['lab2']?.outcome).toBe('ok');
    expect(drones['lab1']).toMatchObject({
      outcome: 'rejected',
      error: {
        message: 'version skew: the report has version 2, this Muster speaks version 1',
      },
      calls: [{ status: 'skipped' }, { status: 'skipped' }],
    });
  });
});

describe('readEntries', () => {
  it('gives the entries of the drones asked for, one by one', async () => {
    const lab = await openLab(store, ['lab1', 'lab2', 'lab3']);
    await report(lab, 'lab2');
    const some = [
      { drone: 'lab3', queue: 'site.lab', batch: 0 },
      { drone: 'lab2', queue: 'site.lab', batch: 0 },
    ];
    const outcomes: unknown[] = [];
    for await (const [drone, { outcome }] of readEntries(store, await factsOf(lab.tick), some)) {
      outcomes.push([drone, outcome]);
    }
    expect(outcomes).toEqual([
      ['lab3', null],
      ['lab2', 'ok'],
    ]);
  });
});
