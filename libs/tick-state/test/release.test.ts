import { describe, expect, it } from 'vitest';
import {
  beginClosing,
  readClaims,
  readJournal,
  releaseBatch,
  reportBatch,
  type Holder,
} from '../src/index.js';
import { freshStore } from './fresh-store.js';
import {
  claim,
  everythingOf,
  lastHeard,
  openLab,
  reportOf,
  tokenOf,
  type LabTick,
} from './lab-tick.js';

const store = freshStore();

const REFUSED = { outcome: 'unreachable', error: { message: 'refused' } } as const;

function holderOf({ tick, epoch }: LabTick, worker = 'host:1'): Holder {
  return { tick, epoch, drone: 'lab1', token: tokenOf(worker, 'lab1') };
}

describe('release', () => {
  it('lets anybody try next, also while the worker before lives, and counts on', async () => {
    const lab = await openLab(store);
    await lastHeard(store, 'host:1', 0);
    await claim(store, lab, 'lab1');
    expect(await releaseBatch(store, holderOf(lab), REFUSED)).toBe(true);
    expect(await claim(store, lab, 'lab1', 'host:2')).toMatchObject({ ok: true, attempt: 2 });
  });

  it('lets the same worker try again, with another token', async () => {
    const lab = await openLab(store);
    await lastHeard(store, 'host:1', 0);
    await claim(store, lab, 'lab1');
    await releaseBatch(store, holderOf(lab));
    expect(await claim(store, lab, 'lab1')).toMatchObject({ ok: true, attempt: 2 });
  });

  it('keeps what the attempt came to, until the next one begins', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await releaseBatch(store, holderOf(lab), REFUSED);
    expect(await readClaims(store, lab.tick, ['lab1'])).toEqual(
      new Map([['lab1', { worker: 'host:1', lease: 'host:1', attempts: 1, lastAttempt: REFUSED }]]),
    );
    await claim(store, lab, 'lab1', 'host:2');
    expect(await readClaims(store, lab.tick, ['lab1'])).toEqual(
      new Map([['lab1', { worker: 'host:2', lease: 'host:2', attempts: 2 }]]),
    );
  });

  it('takes a first call back that the claim had begun and that never ran', async () => {
    const lab = await openLab(store);
    const first = () => readJournal(store, holderOf(lab), 1);
    await claim(store, lab, 'lab1', 'host:1', 'journalled');
    await releaseBatch(store, holderOf(lab), undefined, true);
    expect(await first()).toEqual([{ kind: 'waiting' }]);
  });

  it('leaves a first call that ran begun', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1', 'host:1', 'journalled');
    await releaseBatch(store, holderOf(lab));
    expect(await readJournal(store, holderOf(lab), 1)).toEqual([{ kind: 'begun' }]);
  });

  it('takes the batch from its holder, who cannot report it any more', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await releaseBatch(store, holderOf(lab));
    expect(await reportBatch(store, reportOf(lab, 'lab1'))).toBe('not-holder');
    expect(await releaseBatch(store, holderOf(lab))).toBe(false);
  });

  it('is refused to who does not hold the batch, and changes nothing', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    const before = await everythingOf(store, lab.tick);
    const strangers: Holder[] = [
      holderOf(lab, 'host:2'),
      { ...holderOf(lab), epoch: lab.epoch + 1 },
      { ...holderOf(lab), drone: 'lab2' },
      { ...holderOf(lab), tick: 'default-9' },
    ];
    for (const stranger of strangers) {
      expect(await releaseBatch(store, stranger, REFUSED)).toBe(false);
    }
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('is refused once the tick is closing: there is no next attempt', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await beginClosing(store, lab.tick, 'cancelled');
    const before = await everythingOf(store, lab.tick);
    expect(await releaseBatch(store, holderOf(lab), REFUSED)).toBe(false);
    expect(await everythingOf(store, lab.tick)).toEqual(before);
    expect(await reportBatch(store, reportOf(lab, 'lab1'))).toBe('accepted');
  });
});

describe('readClaims', () => {
  it('gives those that are claimed, of more drones than one read has', async () => {
    const drones = Array.from({ length: 501 }, (_, index) => `lab${String(index)}`);
    const lab = await openLab(store, drones);
    await claim(store, lab, 'lab3', 'host:3');
    await claim(store, lab, 'lab500', 'host:500');
    expect(await readClaims(store, lab.tick, drones)).toEqual(
      new Map([
        ['lab3', { worker: 'host:3', lease: 'host:3', attempts: 1 }],
        ['lab500', { worker: 'host:500', lease: 'host:500', attempts: 1 }],
      ]),
    );
    expect(await readClaims(store, lab.tick, [])).toEqual(new Map());
  });
});
