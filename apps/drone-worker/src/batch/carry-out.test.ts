import { DEFAULT_CALL_TIMEOUT_MS, summarizeMethods, type Call } from '@muster/protocol';
import { silentLogger, type Clock } from '@muster/runtime';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { TransferSlots } from '../transfer/transfer-slots.js';
import { LocalTransport } from '../transport/local.js';
import { BatchLog } from './batch-log.js';
import { BatchTelemetry } from './batch-telemetry.js';
import { NO_JOURNAL } from './call-journal.js';
import { CallSlots } from './call-slots.js';
import { carryOut } from './carry-out.js';

/** Carries out calls that take so many seconds, by a clock that they set themselves. */
async function warningsOf(seconds: readonly number[]): Promise<readonly string[]> {
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, monotonic: () => nowMs };
  const work = (method: string, takes: number): Call => ({
    method,
    args: { seconds: takes },
    timeoutMs: DEFAULT_CALL_TIMEOUT_MS,
    effect: 'read',
  });
  const calls = seconds.map((takes, index) => work(index === 0 ? 'build' : 'test', takes));
  const lasts = {
    args: z.strictObject({ seconds: z.number() }) as z.ZodType<Record<string, unknown>>,
    effect: 'read' as const,
    run: (_context: unknown, args: Record<string, unknown>) => {
      nowMs += Number(args['seconds']) * 1_000;
    },
  };
  const { run } = await carryOut(
    {
      tick: 'default-1',
      nonce: '00c0ffee',
      drone: 'box1',
      calls,
      summary: summarizeMethods(calls.map(({ method }) => method)),
      deadlineMs: 3_600_000,
      connectTimeoutMs: 1_000,
    },
    NO_JOURNAL,
    {
      slots: new CallSlots(),
      transfers: new TransferSlots(),
      droneEntry: (name) => ({
        name,
        address: name,
        transport: 'local',
        site: 'default',
        enabled: true,
        tags: [],
      }),
      transportOf: () => new LocalTransport(),
      methods: new Map([
        ['build', lasts],
        ['test', lasts],
      ]),
      clock,
      log: new BatchLog(silentLogger, { tick: 'default-1', lane: 'default', drone: 'box1' }),
      telemetry: BatchTelemetry.begin(
        { tick: 'default-1', lane: 'default', drone: 'box1' },
        { site: 'default', attempt: 1, place: undefined, deliveredAt: 0, worker: 'here:1' },
      ),
    },
    new AbortController().signal,
  );
  expect(run).toMatchObject({ outcome: 'ok', error: null });
  return run.warnings;
}

it('behaviour 36: a batch over 400 s carries a warning with its duration and its calls by method', async () => {
  expect(await warningsOf([200, 200.1, 20])).toEqual(['the batch took 7m: build, test ×2']);
});

it('behaviour 36: a batch of 400 s carries none', async () => {
  expect(await warningsOf([200, 200])).toEqual([]);
});
