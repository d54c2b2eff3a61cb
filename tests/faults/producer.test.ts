/** The producer dies, freezes, or is interrupted: its tick ends, and its lane is free. */
import { FaultLab, newLane, until } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNextTickClean, expectSound, printedBy } from './sound.js';

let lab: FaultLab;

beforeAll(async () => {
  lab = await FaultLab.start();
  await lab.startServices();
});
afterAll(() => lab.stop());

// Each has a lane of its own, and nothing but its own producer is hurt: one lab is enough for all.
describe.concurrent('the producer', () => {
  it('is killed: the tick ends on time, its record stays, the lane is free', async () => {
    const lane = newLane();
    const tick = await lab.startTick({ lane, deadline: 20, callSeconds: 2 });
    await lab.underWay(`${lane}-1`);
    tick.kill('SIGKILL');
    const record = await lab.recordOf(`${lane}-1`);
    await expectSound(lab, record);
    expect(record.counts).toEqual({ ok: 20 });
    await laneFree(lane);
  });

  it('freezes past its lease and wakes: it has the record, unless another has the lane', async () => {
    const lane = newLane();
    const tick = await lab.startTick({ lane, deadline: 20, callSeconds: 2 });
    await lab.underWay(`${lane}-1`);
    tick.kill('SIGSTOP');
    await expectSound(lab, await lab.recordOf(`${lane}-1`));
    await laneFree(lane);
    tick.kill('SIGCONT');
    expect((await printedBy(tick)).counts).toEqual({ ok: 20 });
    await expectNextTickClean(lab, lane);
  });

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('gets a %s: nothing runs on, nothing is locked', async (signal, code) => {
    const lane = newLane();
    const tick = await lab.startTick({ lane, deadline: 60, callSeconds: 50 });
    await lab.underWay(`${lane}-1`);
    tick.kill(signal);
    const record = await printedBy(tick);
    expect((await tick.ended).code).toBe(code);
    await expectSound(lab, record);
    expect(record.status).toBe('cancelled');
    expect(record.counts).toEqual({ ok: 12, cancelled: 8 });
    await expectNextTickClean(lab, lane);
  });
});

async function laneFree(lane: string): Promise<void> {
  await until('the lane is free', async () => {
    const next = await (await lab.startTick({ lane, deadline: 20, callSeconds: 0 })).ended;
    return next.code === 0;
  });
}
