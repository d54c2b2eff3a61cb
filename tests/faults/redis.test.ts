/** Redis is killed, freezes, and cuts its connections: nothing acknowledged is lost. */
import type { TickRecord } from '@muster/protocol';
import { FAULT_LAB_DRONES, FaultLab } from '@muster/testing';
import { delay } from '@muster/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectNextTickClean, expectSound, printedBy } from './sound.js';

const TICK = { deadline: 14, callSeconds: 3 };
/** Milliseconds: longer than every lease. */
const PAUSE_MS = 10_000;

let lab: FaultLab;

beforeEach(async () => {
  lab = await FaultLab.start();
  await lab.startServices();
});
afterEach(() => lab.stop());

describe('Redis', () => {
  it('is killed and comes back with its append-only file', async () => {
    const tick = await lab.startTick(TICK);
    await lab.underWay(lab.firstTick);
    await lab.killRedis();
    await lab.restartRedis();
    await expectSound(lab, await printedBy(tick));
    await expectNextTickClean(lab);
  });

  it('is killed and stays away: the producer says so soon after the deadline', async () => {
    const tick = await lab.startTick({ deadline: 6, callSeconds: 30, flags: ['--jsonl'] });
    await lab.underWay(lab.firstTick);
    // It knows of them.
    const ended = FAULT_LAB_DRONES.slice(0, 12);
    await Promise.all(ended.map((drone) => tick.printed(`{"drone":"${drone}"`)));
    await lab.killRedis();
    const { code, stdout, stderr } = await tick.ended;
    expect(code).toBe(3);
    // What is known is printed.
    const { status, counts } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as TickRecord;
    expect({ status, counts }).toEqual({ status: 'running', counts: { ok: 12 } });
    expect(stderr).toContain(`Redis did not answer, 2s past the deadline of tick ${lab.firstTick}`);
  });

  it('is paused for 10 s: what ran meanwhile is reported afterwards', async () => {
    const tick = await lab.startTick({ ...TICK, deadline: 20 });
    await lab.underWay(lab.firstTick);
    process.kill(lab.redisPid, 'SIGSTOP');
    await delay(PAUSE_MS);
    process.kill(lab.redisPid, 'SIGCONT');
    const record = await printedBy(tick);
    await expectSound(lab, record);
    expect(record.counts).toEqual({ ok: 20 });
    await expectNextTickClean(lab);
  });

  it('has its connections cut', async () => {
    const tick = await lab.startTick(TICK);
    await lab.underWay(lab.firstTick);
    await lab.inRedis(async ({ redis }) => {
      for (const type of ['normal', 'pubsub'])
        await redis.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    });
    const record = await printedBy(tick);
    await expectSound(lab, record);
    expect(record.counts).toEqual({ ok: 20 });
    await expectNextTickClean(lab);
  });
});
