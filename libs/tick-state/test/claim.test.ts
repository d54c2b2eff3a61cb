import { keys } from '@muster/protocol';
import { describe, expect, it } from 'vitest';
import {
  beginClosing,
  claimBatch,
  closeTick,
  leaseName,
  readClaims,
  readJournal,
  reportBatch,
  TIMING,
  type ClaimReply,
} from '../src/index.js';
import { freshStore } from './fresh-store.js';
import {
  claim,
  everythingOf,
  lastHeard,
  openLab,
  reportOf,
  setPast,
  tokenOf,
  VERDICT_FAILED,
} from './lab-tick.js';

const store = freshStore();

function refused(refusal: string): unknown {
  return { ok: false, refusal };
}

async function holder(tick: string, drone: string): Promise<unknown> {
  const text = await store.redis.hget(keys.claims(store.prefix, tick), drone);
  return text === null ? null : JSON.parse(text);
}

describe('claim', () => {
  it('gives the batch to the first who asks, with what the tick tells its workers', async () => {
    const lab = await openLab(store, ['lab1'], { deadlineMs: 30_000, settings: '{"v":1,"x":2}' });
    const reply = await claim(store, lab, 'lab1');
    expect(reply).toEqual({
      ok: true,
      remainingMs: expect.any(Number) as number,
      attempt: 1,
      settings: '{"v":1,"x":2}',
    });
    const remainingMs = reply.ok ? reply.remainingMs : 0;
    expect(remainingMs).toBeGreaterThan(20_000);
    expect(remainingMs).toBeLessThanOrEqual(30_000);
    expect(await holder(lab.tick, 'lab1')).toMatchObject({
      worker: 'host:1',
      token: tokenOf('host:1', 'lab1'),
      attempt: 1,
    });
  });

  it('leaves the other drones of the tick alone', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    expect(await holder(lab.tick, 'lab2')).toBeNull();
    expect(await claim(store, lab, 'lab2', 'host:2')).toMatchObject({ ok: true, attempt: 1 });
  });

  it('is refused past the deadline, also while nobody has begun to close', async () => {
    const lab = await openLab(store);
    await setPast(store, lab.tick, 'deadlineAt', 500);
    expect(await claim(store, lab, 'lab1')).toEqual(refused('closed'));
  });

  it('is refused of a tick that is gone', async () => {
    expect(await claim(store, { tick: 'default-9', epoch: 9 }, 'lab1')).toEqual(refused('gone'));
    expect(await store.redis.exists(keys.claims(store.prefix, 'default-9'))).toBe(0);
  });

  it('is refused with the epoch of another tick, which changes nothing', async () => {
    const lab = await openLab(store);
    const before = await everythingOf(store, lab.tick);
    for (const epoch of [lab.epoch - 1, lab.epoch + 1]) {
      expect(await claim(store, { tick: lab.tick, epoch }, 'lab1')).toEqual(refused('stale'));
    }
    expect(await everythingOf(store, lab.tick)).toEqual(before);
  });

  it('is refused once the tick is closing or closed', async () => {
    const lab = await openLab(store);
    await beginClosing(store, lab.tick, 'cancelled');
    expect(await claim(store, lab, 'lab1')).toEqual(refused('closed'));
    await setPast(store, lab.tick, 'closeAt');
    await closeTick(store, lab.tick, 0, VERDICT_FAILED);
    expect(await claim(store, lab, 'lab1')).toEqual(refused('closed'));
    expect(await holder(lab.tick, 'lab1')).toBeNull();
  });

  it('is refused also to its holder once the tick is closing', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await beginClosing(store, lab.tick, 'cancelled');
    expect(await claim(store, lab, 'lab1')).toEqual(refused('closed'));
  });

  it('is refused once the drone has reported, to its holder and to others', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    expect(await reportBatch(store, reportOf(lab, 'lab1'))).toBe('accepted');
    expect(await claim(store, lab, 'lab1')).toEqual(refused('reported'));
    expect(await claim(store, lab, 'lab1', 'host:2')).toEqual(refused('reported'));
  });

  it('is refused while another worker that lives holds the batch', async () => {
    const lab = await openLab(store);
    await lastHeard(store, 'host:1', 0);
    await claim(store, lab, 'lab1');
    const before = await holder(lab.tick, 'lab1');
    expect(await claim(store, lab, 'lab1', 'host:2')).toEqual(refused('held'));
    await lastHeard(store, 'host:1', TIMING.workerLeaseMs / 2);
    expect(await claim(store, lab, 'lab1', 'host:2')).toEqual(refused('held'));
    expect(await holder(lab.tick, 'lab1')).toEqual(before);
  });

  it('is refused to a second delivery to the worker that holds it', async () => {
    const lab = await openLab(store);
    await lastHeard(store, 'host:1', 0);
    await claim(store, lab, 'lab1');
    const again = { ...lab, drone: 'lab1', worker: 'host:1', token: 'another' };
    expect(await claimBatch(store, again)).toEqual(refused('held'));
  });

  it('begins the first call as well where nobody was here before, and nowhere else', async () => {
    const lab = await openLab(store, ['lab1', 'lab2']);
    const traces = (drone: string) => readJournal(store, { tick: lab.tick, drone }, 2);
    const [begun, waiting] = [{ kind: 'begun' }, { kind: 'waiting' }];
    await claim(store, lab, 'lab1', 'host:1', 'journalled');
    await claim(store, lab, 'lab2', 'host:1', 'repeatable');
    expect(await traces('lab1')).toEqual([begun, waiting]);
    expect(await traces('lab2')).toEqual([waiting, waiting]);
    // Who may begin is alive.
    expect(await claim(store, lab, 'lab1', 'host:2', 'journalled')).toEqual(refused('held'));
    await lastHeard(store, 'host:1', TIMING.workerLeaseMs);
    expect(await claim(store, lab, 'lab2', 'host:2', 'journalled')).toMatchObject({ attempt: 2 });
    expect(await traces('lab2')).toEqual([waiting, waiting]);
  });

  it('takes the batch over from a worker that was not heard of for its lease', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await lastHeard(store, 'host:1', TIMING.workerLeaseMs);
    expect(await claim(store, lab, 'lab1', 'host:2')).toMatchObject({ ok: true, attempt: 2 });
    expect(await holder(lab.tick, 'lab1')).toMatchObject({ worker: 'host:2', attempt: 2 });
  });

  it('takes the batch over from the worker before a restart, which had the same host and process id', async () => {
    const lab = await openLab(store, ['lab1']);
    const [before, after] = [leaseName('box:1', 'aaaa'), leaseName('box:1', 'bbbb')];
    await claim(store, lab, 'lab1', before);
    await lastHeard(store, before, TIMING.workerLeaseMs);
    await lastHeard(store, after, 0);
    expect(await claim(store, lab, 'lab1', after)).toMatchObject({ ok: true, attempt: 2 });
    expect((await readClaims(store, lab.tick, ['lab1'])).get('lab1')).toMatchObject({
      worker: 'box:1',
      lease: after,
    });
  });

  it('takes the batch over from a worker that has left, or never said that it lives', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    expect(await claim(store, lab, 'lab1', 'host:2')).toMatchObject({ ok: true, attempt: 2 });
  });

  it('counts the attempts of all workers', async () => {
    const lab = await openLab(store);
    const attempts: ClaimReply[] = [];
    for (const worker of ['host:1', 'host:2', 'host:1', 'host:3']) {
      attempts.push(await claim(store, lab, 'lab1', worker));
    }
    expect(attempts.map((reply) => reply.ok && reply.attempt)).toEqual([1, 2, 3, 4]);
  });

  it('gives the same token the same answer, and counts no attempt', async () => {
    const lab = await openLab(store);
    await lastHeard(store, 'host:1', 0);
    for (const _ of [1, 2, 3]) {
      expect(await claim(store, lab, 'lab1')).toMatchObject({ ok: true, attempt: 1 });
    }
    expect(await claim(store, lab, 'lab1', 'host:2')).toEqual(refused('held'));
  });

  it('refuses a holder that was taken over, when it sends again', async () => {
    const lab = await openLab(store);
    await claim(store, lab, 'lab1');
    await lastHeard(store, 'host:2', 0);
    expect(await claim(store, lab, 'lab1', 'host:2')).toMatchObject({ ok: true });
    expect(await claim(store, lab, 'lab1')).toEqual(refused('held'));
    expect(await holder(lab.tick, 'lab1')).toMatchObject({ worker: 'host:2' });
  });

  it('gives the batch to exactly one of 20 workers that race for it', async () => {
    const lab = await openLab(store);
    const workers = Array.from({ length: 20 }, (_, index) => `host:${String(index)}`);
    await Promise.all(workers.map((worker) => lastHeard(store, worker, 0)));
    const replies = await Promise.all(workers.map((worker) => claim(store, lab, 'lab1', worker)));
    expect(replies.filter(({ ok }) => ok)).toHaveLength(1);
    expect(replies.filter(({ ok }) => !ok)).toEqual(
      Array.from({ length: 19 }, () => refused('held')),
    );
    const winner = workers[replies.findIndex(({ ok }) => ok)];
    expect(await holder(lab.tick, 'lab1')).toMatchObject({ worker: winner, attempt: 1 });
  });
});
