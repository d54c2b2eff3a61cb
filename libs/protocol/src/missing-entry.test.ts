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
        { method: 'ping', status: 'unknown', durationMs: 0 },
      ],
      timings: { queuedMs: 0, connectMs: 0, runMs: 0 },
    });
  });
});

describe('entryOfUnreported', () => {
  it('has no outcome yet, and an entry for each call', () => {
    expect(entryOfUnreported(['ping'])).toEqual({
      outcome: null,
      results: [],
      warnings: [],
      error: null,
      attempts: 0,
      worker: null,
      calls: [{ method: 'ping', status: 'skipped', durationMs: 0 }],
      timings: { queuedMs: 0, connectMs: 0, runMs: 0 },
    });
  });
});

describe('callsNotReported', () => {
  it.each([
    ['never_started', 'skipped'],
    ['worker_lost', 'unknown'],
    ['cancelled', 'cancelled'],
    ['rejected', 'skipped'],
  ] as const)('has an entry for each call of a drone that is %s', (outcome, status) => {
    expect(callsNotReported(['exec', 'read'], outcome)).toEqual([
      { method: 'exec', status, durationMs: 0 },
      { method: 'read', status, durationMs: 0 },
    ]);
  });
});
