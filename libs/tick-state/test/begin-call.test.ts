import { describe, expect, it } from 'vitest';
import {
  beginCall,
  beginClosing,
  leave,
  readJournal,
  releaseBatch,
  TIMING,
  type Holder,
} from '../src/index.js';
import { freshStore } from './fresh-store.js';
import {
  claim,
  everythingOf,
  lastHeard,
  openLab,
  setPast,
  tokenOf,
  type LabTick,
} from './lab-tick.js';

const store = freshStore();

function holderOf(lab: LabTick, drone: string, worker = 'host:1'): Holder {
  return { tick: lab.tick, epoch: lab.epoch, drone, token: tokenOf(worker, drone) };
}

async function heldLab(): Promise<{ lab: LabTick; holder: Holder }> {
  const lab = await openLab(store);
  await claim(store, lab, 'lab1');
  return { lab, holder: holderOf(lab, 'lab1') };
}

describe('begin-call', () => {
  it('journals each call before it begins, and the result of the one before', async () => {
    const { holder } = await heldLab();
    const result = { exitCode: 0, stdout: 'a:b\n' };
    expect(await readJournal(store, holder, 2)).toEqual([{ kind: 'waiting' }, { kind: 'waiting' }]);
    expect(await beginCall(store, holder, { begun: 0 })).toMatchObject({ kind: 'held' });
    expect(await readJournal(store, holder, 2)).toEqual([{ kind: 'begun' }, { kind: 'waiting' }]);
    const ended = { index: 0, result: JSON.stringify(result) };
    expect(await beginCall(store, holder, { ended, begun: 1 })).toMatchObject({ kind: 'held' });
    expect(await readJournal(store, holder, 2)).toEqual([
      { kind: 'ended', result },
      { kind: 'begun' },
    ]);
  });

  it('leaves out what is not to be journalled, and then only asks', async () => {
    const { holder } = await heldLab();
    expect(await beginCall(store, holder)).toMatchObject({ kind: 'held' });
    expect(await readJournal(store, holder, 2)).toEqual([{ kind: 'waiting' }, { kind: 'waiting' }]);
    await beginCall(store, holder, { ended: { index: 0, result: 'null' } });
    expect(await readJournal(store, holder, 2)).toEqual([
      { kind: 'ended', result: null },
      { kind: 'waiting' },
    ]);
  });

  it('keeps the journals of different drones apart', async () => {
    const { lab, holder } = await heldLab();
    await claim(store, lab, 'lab2');
    await beginCall(store, holder, { begun: 0 });
    expect(await readJournal(store, holderOf(lab, 'lab2'), 1)).toEqual([{ kind: 'waiting' }]);
    expect(await readJournal(store, holder, 0)).toEqual([]);
  });

  it('is lost to a worker that does not hold the batch, and journals nothing', async () => {
    const { lab, holder } = await heldLab();
    await beginCall(store, holder, { begun: 0 });
    const before = await everythingOf(store, lab.tick);
    const step = { ended: { index: 0, result: '1' }, begun: 1 };
    const strangers: Holder[] = [
      { ...holder, token: 'another' },
      { ...holder, epoch: holder.epoch + 1 },
      { ...holder, drone: 'lab2' },
      { ...holder, tick: 'default-9' },
    ];
    for (const stranger of strangers) {
      expect(await beginCall(store, stranger, step)).toEqual({ kind: 'lost' });
    }
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('is lost once another worker has taken the batch over, and that one sees the journal', async () => {
    const { lab, holder } = await heldLab();
    await beginCall(store, holder, { begun: 0 });
    await lastHeard(store, 'host:1', TIMING.workerLeaseMs + 1);
    await claim(store, lab, 'lab1', 'host:2');
    const ended = { index: 0, result: '1' };
    expect(await beginCall(store, holder, { ended, begun: 1 })).toEqual({ kind: 'lost' });
    const second = holderOf(lab, 'lab1', 'host:2');
    expect(await readJournal(store, second, 2)).toEqual([{ kind: 'begun' }, { kind: 'waiting' }]);
    expect(await beginCall(store, second)).toMatchObject({ kind: 'held' });
  });

  it('begins the lease of its holder anew, so that nobody takes over what may be about to start', async () => {
    const { lab, holder } = await heldLab();
    await lastHeard(store, 'host:1', TIMING.workerLeaseMs + 1);
    expect(await beginCall(store, holder)).toMatchObject({ kind: 'held' });
    expect(await claim(store, lab, 'lab1', 'host:2')).toEqual({ ok: false, refusal: 'held' });
  });

  it('says how long it is to the deadline, and is refused past it, also while nobody closes the tick', async () => {
    const { lab, holder } = await heldLab();
    const reply = await beginCall(store, holder);
    expect(reply.kind === 'held' && reply.remainingMs).toBeGreaterThan(0);
    await setPast(store, lab.tick, 'deadlineAt');
    expect(await beginCall(store, holder, { begun: 0 })).toEqual({
      kind: 'closing',
      reason: 'deadline',
      text: '',
    });
    expect(await readJournal(store, holder, 1)).toEqual([{ kind: 'waiting' }]);
  });

  it('is refused once the tick is closing, with the reason, and journals nothing', async () => {
    const { lab, holder } = await heldLab();
    await beginClosing(store, lab.tick, 'cancelled', 'wrong rack');
    const before = await everythingOf(store, lab.tick);
    expect(await beginCall(store, holder, { begun: 0 })).toEqual({
      kind: 'closing',
      reason: 'cancelled',
      text: 'wrong rack',
    });
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('says that the deadline is why', async () => {
    const { lab, holder } = await heldLab();
    await setPast(store, lab.tick, 'deadlineAt');
    await beginClosing(store, lab.tick, 'deadline');
    expect(await beginCall(store, holder, { begun: 0 })).toEqual({
      kind: 'closing',
      reason: 'deadline',
      text: '',
    });
  });

  it('is lost once the batch was released', async () => {
    const { holder } = await heldLab();
    await releaseBatch(store, holder);
    expect(await beginCall(store, holder, { begun: 0 })).toEqual({ kind: 'lost' });
  });

  it('never journals a call of a batch that was taken over meanwhile', async () => {
    const { lab, holder } = await heldLab();
    const begin = (begun: number) => beginCall(store, holder, { begun });
    // Each turn is sent before the next one asks, and answered only later.
    const asked = [begin(0), begin(1)];
    await nextTurn();
    const taken = [leave(store, 'host:1'), claim(store, lab, 'lab1', 'host:2')];
    await nextTurn();
    asked.push(begin(2), begin(3));
    await Promise.all(taken);
    const replies = await Promise.all(asked);
    const journal = await readJournal(store, holder, 4);
    expect(journal.map(({ kind }) => kind === 'begun')).toEqual(
      replies.map(({ kind }) => kind === 'held'),
    );
    expect(replies.at(-1)).toEqual({ kind: 'lost' });
  });
});

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
