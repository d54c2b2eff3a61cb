import { describe, expect, it } from 'vitest';
import {
  beginCall,
  beginClosing,
  closeTick,
  readClaims,
  recordEnd,
  reportBatch,
} from '../src/index.js';
import { freshStore } from './fresh-store.js';
import {
  claim,
  everythingOf,
  openLab,
  reportOf,
  setPast,
  tokenOf,
  VERDICT_FAILED,
} from './lab-tick.js';

const store = freshStore();

const CONFIRMED = { ended: 'confirmed', found: true } as const;

describe('record-end', () => {
  it.each([
    ['cancelled', false, 'unconfirmed'],
    ['cancelled', true, 'confirmed'],
    ['deadline', false, 'confirmed'],
  ] as const)(
    'of a worker that was just let begin, tick %s, something found: %s: notes %s',
    async (reason, found, noted) => {
      const lab = await openLab(store);
      await claim(store, lab, 'lab1');
      const token = tokenOf('host:1', 'lab1');
      await beginCall(store, { ...lab, drone: 'lab1', token });
      if (reason === 'deadline') await setPast(store, lab.tick, 'deadlineAt');
      await beginClosing(store, lab.tick, reason);
      await recordEnd(store, lab.tick, 'lab1', { ended: 'confirmed', found });
      const claims = await readClaims(store, lab.tick, ['lab1']);
      expect(claims.get('lab1')?.ended).toBe(noted);
    },
  );

  it.each(['confirmed', 'unconfirmed'] as const)(
    'notes of a silent worker that the end of what it ran is %s',
    async (ended) => {
      const lab = await openLab(store);
      await claim(store, lab, 'lab1');
      await beginClosing(store, lab.tick, 'cancelled');
      await recordEnd(store, lab.tick, 'lab1', { ended, found: true });
      expect(await readClaims(store, lab.tick, ['lab1', 'lab2'])).toEqual(
        new Map([['lab1', { worker: 'host:1', lease: 'host:1', attempts: 1, ended }]]),
      );
    },
  );

  it('does not take the batch from its holder, who may still report', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await beginClosing(store, lab.tick, 'cancelled');
    await recordEnd(store, lab.tick, 'lab1', CONFIRMED);
    expect(await reportBatch(store, reportOf(lab, 'lab1'))).toBe('accepted');
  });

  it('changes nothing while the tick is open, and once it is closed', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    const open = await everythingOf(store, lab.tick);
    await recordEnd(store, lab.tick, 'lab1', CONFIRMED);
    expect(await everythingOf(store, lab.tick)).toEqual(open);
    await beginClosing(store, lab.tick, 'cancelled');
    await setPast(store, lab.tick, 'closeAt');
    await closeTick(store, lab.tick, 0, VERDICT_FAILED);
    const closed = await everythingOf(store, lab.tick);
    await recordEnd(store, lab.tick, 'lab1', CONFIRMED);
    expect(await everythingOf(store, lab.tick)).toEqual(closed);
  });

  it('changes nothing of a drone that has reported, or that nobody has claimed', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await reportBatch(store, reportOf(lab, 'lab1'));
    await beginClosing(store, lab.tick, 'cancelled');
    const before = await everythingOf(store, lab.tick);
    await recordEnd(store, lab.tick, 'lab1', CONFIRMED);
    await recordEnd(store, lab.tick, 'lab2', CONFIRMED);
    await recordEnd(store, 'default-9', 'lab1', CONFIRMED);
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });
});
