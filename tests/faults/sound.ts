/** What the fault tests ask of every tick. */
import type { TickRecord } from '@muster/protocol';
import { checkFaultTick, type FaultLab, type MusterProcess } from '@muster/testing';
import { expect } from 'vitest';

/** From the deadline, in milliseconds: the contract's bound. */
const ON_TIME_MS = 2_000;

/** The record that a `muster tick --json` prints at its end. */
export async function printedBy(tick: MusterProcess): Promise<TickRecord> {
  const { stdout, stderr } = await tick.ended;
  expect(stdout, stderr).toMatch(/^\{/);
  return JSON.parse(stdout) as TickRecord;
}

/** Every promise holds, and the tick has ended on time. */
export async function expectSound(lab: FaultLab, record: TickRecord): Promise<void> {
  await expectTrue(lab, record);
  expect(record.durationMs).toBeLessThanOrEqual(record.deadlineMs + ON_TIME_MS);
}

/** Every promise holds but that of time, which needs a combiner and Redis. */
export async function expectTrue(lab: FaultLab, record: TickRecord): Promise<void> {
  expect(await checkFaultTick(lab, record)).toEqual([]);
}

/** The lane is free, and the next tick is as good as any. */
export async function expectNextTickClean(lab: FaultLab, lane = lab.lane): Promise<void> {
  const next = await printedBy(await lab.startTick({ lane, deadline: 20, callSeconds: 0 }));
  expect(next.counts).toEqual({ ok: 20 });
}

/** The drones of the record that ended so. */
export function thoseThatAre(record: TickRecord, outcome: string): string[] {
  return Object.entries(record.drones)
    .filter(([, entry]) => entry.outcome === outcome)
    .map(([drone]) => drone);
}
