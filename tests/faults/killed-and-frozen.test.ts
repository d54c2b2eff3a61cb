/** Real processes, real faults: whatever dies or freezes, the tick ends in time and tells the truth. */
import type { TickRecord } from '@muster/protocol';
import { checkFaultTick, FaultLab, until, type MusterProcess } from '@muster/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const DEADLINE_S = 14;
const DEADLINE_MS = DEADLINE_S * 1_000;
const TICK = { deadline: DEADLINE_S, callSeconds: 3 };

let lab: FaultLab;

beforeEach(async () => {
  lab = await FaultLab.start();
});
afterEach(() => lab.stop());

async function recordOf(tick: MusterProcess): Promise<TickRecord> {
  const { stdout, stderr } = await tick.ended;
  expect(stdout, stderr).toMatch(/^\{/);
  return JSON.parse(stdout) as TickRecord;
}

async function expectSound(record: TickRecord): Promise<void> {
  expect(await checkFaultTick(lab, record)).toEqual([]);
  expect(record.durationMs).toBeLessThanOrEqual(DEADLINE_MS + 2_000);
}

/** The lane is free, and the next tick is as good as any. */
async function expectNextTickClean(): Promise<void> {
  const next = await recordOf(await lab.startTick({ deadline: 20, callSeconds: 0 }));
  expect(next.counts).toEqual({ ok: 20 });
}

describe('a worker', () => {
  it('is killed: another goes on with what may be run again, and says what is unknown of the rest', async () => {
    await lab.startCombiner();
    const worker = await lab.startWorker();
    const tick = await lab.startTick(TICK);
    await lab.underWay('default-1');
    worker.kill('SIGKILL');
    await lab.startWorker();
    const record = await recordOf(tick);
    await expectSound(record);
    expect(record.drones['box01']?.outcome).toBe('ok');
    expect(record.drones['box06']).toMatchObject({
      outcome: 'worker_lost',
      error: { ended: 'confirmed' },
    });
    expect(record.drones['box13']).toMatchObject({ outcome: 'ok', attempts: 2 });
    expect(record.drones['box17']?.calls.map(({ status }) => status)).toEqual([
      'ok',
      'ok',
      'unknown',
    ]);
    expect(record.drones['box17']?.results).toHaveLength(2);
    await expectNextTickClean();
  });

  it('freezes past its lease and wakes: one effect, one report', async () => {
    await lab.startCombiner();
    const worker = await lab.startWorker();
    const tick = await lab.startTick(TICK);
    await lab.underWay('default-1');
    worker.kill('SIGSTOP');
    await lab.startWorker();
    const record = await recordOf(tick);
    worker.kill('SIGCONT');
    await expectSound(record);
    await expectNextTickClean();
  });

  it('is the only one, and is killed: the deadline says so', async () => {
    const worker = await lab.startWorker();
    const tick = await lab.startTick({ ...TICK, deadline: 8 });
    await lab.underWay('default-1');
    worker.kill('SIGKILL');
    const record = await recordOf(tick);
    await expectSound(record);
    expect(record.drones['box06']?.outcome).toBe('worker_lost');
    expect(record.counts.ok).toBe(5);
  });
});

describe('a combiner and a producer', () => {
  it('all combiners are killed before the deadline: the record comes with the next one', async () => {
    const combiner = await lab.startCombiner();
    await lab.startWorker();
    const started = await (
      await lab.startTick({ ...TICK, deadline: 5, callSeconds: 30, flags: ['--no-wait'] })
    ).ended;
    expect(started.code, started.stderr).toBe(0);
    await lab.underWay('default-1');
    combiner.kill('SIGKILL');
    const other = await lab.startCombiner();
    other.kill('SIGSTOP');
    await lab.startCombiner();
    const record = await endOf('default-1');
    await expectSound({ ...record, durationMs: 0 });
    expect(record.drones['box06']?.outcome).toBe('timed_out');
  });

  it('the producer is killed: the tick ends on time, its record stays, the lane is free', async () => {
    await lab.startCombiner();
    await lab.startWorker();
    const tick = await lab.startTick({ ...TICK, callSeconds: 2 });
    await lab.underWay('default-1');
    tick.kill('SIGKILL');
    const record = await endOf('default-1');
    await expectSound(record);
    expect(record.counts).toEqual({ ok: 20 });
    await until('the lane is free', async () => {
      const next = await (await lab.startTick({ deadline: 20, callSeconds: 0 })).ended;
      return next.code === 0;
    });
  });
});

describe('Redis', () => {
  it('is killed and comes back with its append-only file', async () => {
    await lab.startCombiner();
    await lab.startWorker();
    const tick = await lab.startTick(TICK);
    await lab.underWay('default-1');
    await lab.killRedis();
    await lab.restartRedis();
    const record = await recordOf(tick);
    await expectSound(record);
    await expectNextTickClean();
  });

  it('has its connections cut', async () => {
    await lab.startCombiner();
    await lab.startWorker();
    const tick = await lab.startTick(TICK);
    await lab.underWay('default-1');
    const { openRedis, closeRedis } = await import('@muster/runtime');
    const redis = await openRedis(lab.redisUrl);
    for (const type of ['normal', 'pubsub']) await redis.call('CLIENT', 'KILL', 'TYPE', type);
    await closeRedis(redis);
    const record = await recordOf(tick);
    await expectSound(record);
    expect(record.counts).toEqual({ ok: 20 });
  });
});

/** The record of a tick that nobody here waits for, once it has ended. */
async function endOf(tick: string): Promise<TickRecord> {
  return until(
    `${tick} has ended`,
    async () => {
      const { stdout, code } = await lab.run(['show', tick, '--json']);
      const record = code === 0 ? (JSON.parse(stdout) as TickRecord) : undefined;
      return record !== undefined && record.status !== 'running' && record;
    },
    30_000,
  );
}
