import { describe, expect, it } from 'vitest';
import type { MissingEntry } from './combine.js';
import {
  callsNotReported,
  entryOfMissing,
  entryOfUnreported,
  missingByDrone,
} from './missing-entry.js';

const LOST: MissingEntry = {
  drones: 'lab[1-2],gw1',
  outcome: 'worker_lost',
  error: { message: 'worker h:1 held the batch and did not report', ended: 'confirmed' },
  worker: 'h:1',
  attempts: 2,
};

describe('missingByDrone', () => {
  it('gives each drone of each node set its entry', () => {
    const other: MissingEntry = { ...LOST, drones: 'lab3', outcome: 'never_started' };
    expect([...missingByDrone([LOST, other])]).toEqual([
      ['lab1', LOST],
      ['lab2', LOST],
      ['gw1', LOST],
      ['lab3', other],
    ]);
    expect(missingByDrone([]).size).toBe(0);
  });
});

describe('entryOfMissing', () => {
  it('says of a drone what the verdict says, with an entry for each call', () => {
    expect(entryOfMissing(LOST, ['exec', 'ping'])).toEqual({
      outcome: 'worker_lost',
      results: [],
      warnings: [],
      error: LOST.error,
      attempts: 2,
      worker: 'h:1',
      calls: [
        { method: 'exec', status: 'unknown', durationMs: 0 },
        { method: 'ping', status: 'skipped', durationMs: 0 },
      ],
      timings: { queuedMs: 0, connectMs: 0, runMs: 0 },
    });
  });
});

describe('entryOfUnreported', () => {
  const statuses = (...some: Parameters<typeof entryOfUnreported>) =>
    entryOfUnreported(...some).calls.map(({ status }) => status);

  it('has no outcome yet, and an entry for each call', () => {
    expect(entryOfUnreported(['ping'], null)).toEqual({
      outcome: null,
      results: [],
      warnings: [],
      error: null,
      attempts: 0,
      worker: null,
      calls: [{ method: 'ping', status: 'waiting', durationMs: 0 }],
      timings: { queuedMs: 0, connectMs: 0, runMs: 0 },
    });
  });

  it('says which call runs, and has the results of those before it', () => {
    const progress = { worker: 'host:1', isHeld: true, attempts: 2, results: [{ time: 1 }] };
    expect(entryOfUnreported(['ping', 'exec', 'read'], progress)).toMatchObject({
      outcome: null,
      results: [{ time: 1 }],
      worker: 'host:1',
      attempts: 2,
    });
    expect(statuses(['ping', 'exec', 'read'], progress)).toEqual(['ok', 'running', 'waiting']);
  });

  it('runs nothing while it waits for its next attempt', () => {
    const progress = { worker: 'host:1', isHeld: false, attempts: 1, results: [] };
    expect(statuses(['exec', 'read'], progress)).toEqual(['waiting', 'waiting']);
  });
});

describe('callsNotReported', () => {
  it.each([
    ['never_started', 'skipped'],
    ['cancelled', 'cancelled'],
    ['rejected', 'skipped'],
  ] as const)('has an entry for each call of a drone that is %s', (outcome, status) => {
    expect(callsNotReported(['exec', 'read'], outcome)).toEqual([
      { method: 'exec', status, durationMs: 0 },
      { method: 'read', status, durationMs: 0 },
    ]);
  });

  it('knows of a lost worker only which call may have run', () => {
    const statuses = (done: number) =>
      callsNotReported(['write', 'exec', 'read'], 'worker_lost', done).map(({ status }) => status);
    expect(statuses(0)).toEqual(['unknown', 'skipped', 'skipped']);
    expect(statuses(1)).toEqual(['ok', 'unknown', 'skipped']);
    expect(statuses(3)).toEqual(['ok', 'ok', 'ok']);
  });
});
