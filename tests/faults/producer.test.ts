/** The producer dies, freezes, or is interrupted: its tick ends, and its lane is free. */
import { FaultLab, until } from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNextTickClean, expectSound, printedBy } from './sound.js';

let lab: FaultLab;

beforeEach(async () => {
  lab = await FaultLab.start();
  await lab.startServices();
});
afterEach(() => lab.stop());

describe('the producer', () => {
  it('is killed: the tick ends on time, its record stays, the lane is free', async () => {
    const tick = await lab.startTick({ deadline: 14, callSeconds: 2 });
    await lab.underWay(lab.firstTick);
    tick.kill('SIGKILL');
    const record = await lab.recordOf(lab.firstTick);
    await expectSound(lab, record);
    expect(record.counts).toEqual({ ok: 20 });
    await until('the lane is free', async () => {
      const next = await (await lab.startTick({ deadline: 20, callSeconds: 0 })).ended;
      return next.code === 0;
    });
  });

  it('freezes past its lease and wakes: it has the record, unless another has the lane', async () => {
    const tick = await lab.startTick({ deadline: 14, callSeconds: 2 });
    await lab.underWay(lab.firstTick);
    tick.kill('SIGSTOP');
    await expectSound(lab, await lab.recordOf(lab.firstTick));
    await until('the lane is free', async () => {
      const next = await (await lab.startTick({ deadline: 20, callSeconds: 0 })).ended;
      return next.code === 0;
    });
    tick.kill('SIGCONT');
    expect((await printedBy(tick)).counts).toEqual({ ok: 20 });
    await expectNextTickClean(lab);
  });

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('gets a %s: nothing runs on, nothing is locked', async (signal, code) => {
    const tick = await lab.startTick({ deadline: 60, callSeconds: 50 });
    await lab.underWay(lab.firstTick);
    tick.kill(signal);
    const record = await printedBy(tick);
    expect((await tick.ended).code).toBe(code);
    await expectSound(lab, record);
    expect(record.status).toBe('cancelled');
    expect(record.counts).toEqual({ ok: 12, cancelled: 8 });
    await expectNextTickClean(lab);
  });
});
