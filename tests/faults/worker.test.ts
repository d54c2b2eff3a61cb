/** A worker dies, freezes, or is cut off: the tick ends on time and tells the truth. */
import { FaultLab } from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNextTickClean, expectSound, printedBy } from './sound.js';

/** Long enough for a lease to run out and another worker to go on. Seconds. */
const TICK = { deadline: 14, callSeconds: 3 };

let lab: FaultLab;

beforeEach(async () => {
  lab = await FaultLab.start();
});
afterEach(() => lab.stop());

describe('a worker', () => {
  it('behaviours 43 and 44: is killed, and another goes on with what may be run again, and says what is unknown of the rest', async () => {
    const { worker } = await lab.startServices();
    const tick = await lab.startTick(TICK);
    await lab.underWay(lab.firstTick);
    worker.kill('SIGKILL');
    await lab.startWorker();
    const record = await printedBy(tick);
    await expectSound(lab, record);
    expect(record.drones['box01']?.outcome).toBe('ok');
    expect(record.drones['box13']).toMatchObject({
      outcome: 'worker_lost',
      error: { ended: 'confirmed' },
    });
    expect(record.drones['box16']).toMatchObject({ outcome: 'ok', attempts: 2 });
    expect(record.drones['box18']?.calls.map(({ status }) => status)).toEqual([
      'ok',
      'ok',
      'unknown',
    ]);
    expect(record.drones['box18']?.results).toHaveLength(2);
    await expectNextTickClean(lab);
  });

  it('behaviour 44: freezes past its lease and wakes: one effect, one report', async () => {
    const { worker } = await lab.startServices();
    const tick = await lab.startTick(TICK);
    await lab.underWay(lab.firstTick);
    worker.kill('SIGSTOP');
    await lab.startWorker();
    const record = await printedBy(tick);
    worker.kill('SIGCONT');
    await expectSound(lab, record);
    await expectNextTickClean(lab);
  });

  it('is the only one, and is killed: the deadline says so', async () => {
    const worker = await lab.startWorker();
    const tick = await lab.startTick({ ...TICK, deadline: 6 });
    await lab.underWay(lab.firstTick);
    worker.kill('SIGKILL');
    const record = await printedBy(tick);
    await expectSound(lab, record);
    expect(record.drones['box13']?.outcome).toBe('worker_lost');
    // What was finished is not lost with its worker.
    expect(record.drones['box18']?.results).toHaveLength(2);
    expect(record.drones['box18']?.calls.map(({ status }) => status)).toEqual([
      'ok',
      'ok',
      'unknown',
    ]);
    expect(record.counts.ok).toBe(12);
  });

  it('is cut off from Redis while its calls run: another ends them, and goes on', async () => {
    const link = await lab.linkToRedis();
    const [cutOff] = await Promise.all([lab.startWorker({ link }), lab.startCombiner()]);
    const tick = await lab.startTick({ deadline: 12, callSeconds: 30 });
    await lab.underWay(lab.firstTick);
    link.isolate();
    await lab.startWorker();
    const record = await printedBy(tick);
    await expectSound(lab, record);
    expect(record.drones['box13']).toMatchObject({
      outcome: 'worker_lost',
      error: { ended: 'confirmed' },
    });
    // It is told to stop by someone who cannot reach Redis either; it does, in bounded time.
    cutOff.kill('SIGTERM');
    expect((await cutOff.ended).code).toBe(0);
    await expectNextTickClean(lab);
  });

  it('is cut off for good, and is the only one: it ends its calls at the deadline all the same', async () => {
    const link = await lab.linkToRedis();
    await Promise.all([lab.startWorker({ link }), lab.startCombiner()]);
    const tick = await lab.startTick({ deadline: 6, callSeconds: 60 });
    await lab.underWay(lab.firstTick);
    link.isolate();
    const record = await printedBy(tick);
    await expectSound(lab, record);
    expect(record.drones['box13']).toMatchObject({
      outcome: 'worker_lost',
      error: { ended: 'unconfirmed' },
    });
    link.heal();
    await expectNextTickClean(lab);
  });
});
