/** Combiners die and freeze at every moment of a tick; any one that is left is enough. */
import { keys } from '@muster/protocol';
import { FaultLab, until, type MusterProcess } from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNextTickClean, expectSound, expectTrue, printedBy, thoseThatAre } from './sound.js';

let lab: FaultLab;

beforeEach(async () => {
  lab = await FaultLab.start();
});
afterEach(() => lab.stop());

describe('a combiner', () => {
  it.each([
    ['is killed', 'SIGKILL'],
    ['freezes', 'SIGSTOP'],
  ] as const)('%s with the tick in its hands: another ends it on time', async (_, signal) => {
    const { combiner: first } = await lab.startServices();
    const tick = await lab.startTick({
      deadline: 6,
      callSeconds: 30,
      flags: ['--no-wait'],
    });
    expect((await tick.ended).code).toBe(0);
    await lab.startCombiner();
    await lab.underWay(lab.firstTick);
    first.kill(signal);
    const record = await lab.recordOf(lab.firstTick);
    await expectSound(lab, record);
    expect(record.counts).toEqual({ ok: 12, timed_out: 8 });
    await expectNextTickClean(lab);
  });

  it('and all the others are gone before the deadline: the record comes with the next one', async () => {
    const { combiner } = await lab.startServices();
    const tick = await lab.startTick({ deadline: 5, callSeconds: 30, flags: ['--no-wait'] });
    expect((await tick.ended).code).toBe(0);
    await lab.underWay(lab.firstTick);
    combiner.kill('SIGKILL');
    await reportsOfAll(lab.firstTick);
    const other = await lab.startCombiner();
    other.kill('SIGSTOP');
    await lab.startCombiner();
    const record = await lab.recordOf(lab.firstTick);
    await expectTrue(lab, record);
    expect(thoseThatAre(record, 'timed_out')).toHaveLength(8);
  });

  it('is killed between combining and completing: the record stays, and another completes', async () => {
    const link = await lab.linkToRedis();
    const [first] = await Promise.all([lab.startCombiner({ link }), lab.startWorker()]);
    // From now on Redis knows the scripts, and each is one question.
    await expectNextTickClean(lab);
    await until('the first parent has completed', async () => {
      return (await parentState(lab.firstTick)) === 'completed';
    });
    const second = `${lab.lane}-2`;
    // The verdict goes to Redis; that it was taken never comes back.
    const waiting = link.isolateAfter('{"status":"ok"');
    const tick = await lab.startTick({ deadline: 10, callSeconds: 1, flags: ['--no-wait'] });
    expect((await tick.ended).code).toBe(0);
    await waiting;
    const record = await lab.recordOf(second);
    first.kill('SIGKILL');
    expect(await parentState(second)).toBe('active');
    await lab.startCombiner();
    await until('the parent has completed', async () => {
      return (await parentState(second)) === 'completed';
    });
    await expectSound(lab, record);
    expect(record.counts).toEqual({ ok: 20 });
    expect(await lab.recordOf(second)).toEqual(record);
    await expectNextTickClean(lab);
  });
});

describe('the deadline', () => {
  it('and the last reports race: each drone is ok or timed out, and the record says which', async () => {
    await lab.startServices();
    for (const deadline of [1, 1.5, 2]) {
      const tick = await lab.startTick({ deadline, callSeconds: deadline - 0.1 });
      const record = await printedBy(tick);
      await expectSound(lab, record);
      const known = ['ok', 'timed_out', 'never_started'];
      expect(Object.keys(record.counts).filter((outcome) => !known.includes(outcome))).toEqual([]);
    }
    await expectNextTickClean(lab);
  });
});

describe('events', () => {
  it('are lost: the tick ends, and its producer has the record on time', async () => {
    await lab.startServices();
    const tick = await lab.startTick({ deadline: 5, callSeconds: 30 });
    const record = await withoutEvents(tick);
    await expectSound(lab, record);
    expect(record.counts).toEqual({ ok: 12, timed_out: 8 });
    await expectNextTickClean(lab);
  });

  it('are lost: a cancel reaches the worker all the same', async () => {
    await lab.startServices();
    const tick = await lab.startTick({ deadline: 60, callSeconds: 50 });
    const record = await withoutEvents(tick, async () => {
      await lab.underWay(lab.firstTick);
      expect((await lab.run(['cancel', lab.firstTick])).code).toBe(0);
    });
    await expectSound(lab, record);
    expect(record.status).toBe('cancelled');
    expect(record.counts).toEqual({ ok: 12, cancelled: 8 });
    await expectNextTickClean(lab);
  });
});

/** What the tick prints, while every subscription in Redis is cut again and again. */
async function withoutEvents(tick: MusterProcess, act?: () => Promise<void>) {
  let over = false;
  const cutting = lab.inRedis(async ({ redis }) => {
    await until(
      'the tick has ended',
      async () => {
        await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        return over;
      },
      60_000,
    );
  });
  await act?.();
  const record = await printedBy(tick);
  over = true;
  await cutting;
  return record;
}

async function parentState(tick: string): Promise<string> {
  return lab.inRedis(async ({ redis, prefix }) => {
    const list = `${prefix}:ticks`;
    if ((await redis.zscore(`${list}:completed`, tick)) !== null) return 'completed';
    return (await redis.lpos(`${list}:active`, tick)) === null ? 'elsewhere' : 'active';
  });
}

/** Resolves once the worker has ended all and reported it, at the deadline. */
async function reportsOfAll(tick: string): Promise<void> {
  await lab.inRedis(async ({ redis, prefix }) => {
    await until(
      'all have reported',
      async () => (await redis.hlen(keys.reports(prefix, tick))) === 20,
      20_000,
    );
  });
}
