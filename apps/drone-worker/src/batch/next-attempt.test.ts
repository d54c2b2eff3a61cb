import type { Call, CallReport } from '@muster/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextAttempt, type AttemptFacts } from './next-attempt.js';
import type { StopReason } from './stop-reason.js';

const CALL = { method: 'exec', args: {}, timeoutMs: 1_000 } as const;
const ONCE: Call = { ...CALL, effect: 'once' };
const IDEMPOTENT: Call = { ...CALL, effect: 'idempotent' };

function facts(some: Partial<AttemptFacts> = {}): AttemptFacts {
  const { signal } = new AbortController();
  return { attempt: 1, attempts: 3, remainingMs: 60_000, signal, ...some };
}

function stopped(reason: StopReason): Partial<AttemptFacts> {
  return { signal: AbortSignal.abort(reason) };
}

function reports(...statuses: CallReport['status'][]): CallReport[] {
  return statuses.map((status) => ({ method: 'exec', status, durationMs: 0 }));
}

it('behaviour 43: what was not reached is tried again, as often as is allowed and within the deadline', () => {
  const run = { outcome: 'unreachable' as const, calls: reports('skipped') };
  const half = () => 0.5;
  const next = (some: Partial<AttemptFacts>) =>
    nextAttempt(run, [ONCE], facts(some), half)?.afterMs;
  expect([1, 2, 3].map((attempt) => next({ attempt, attempts: 4 }))).toEqual([500, 1_000, 2_000]);
  expect(next({ attempt: 30, attempts: 40 })).toBe(30_000);
  expect(next({ attempt: 3 })).toBeUndefined();
  expect(next({ remainingMs: 500 })).toBeUndefined();
});

it('behaviour 43: nothing is tried again once a call has begun, or for another outcome', () => {
  const outcomes = [
    'call_failed',
    'timed_out',
    'auth_failed',
    'host_key_mismatch',
    'rejected',
  ] as const;
  for (const outcome of outcomes) {
    expect(nextAttempt({ outcome, calls: reports('skipped') }, [IDEMPOTENT], facts())).toBeNull();
  }
  const begun = fc.constantFrom('ok' as const, 'failed' as const, 'unknown' as const);
  fc.assert(
    fc.property(begun, (status) => {
      const run = { outcome: 'unreachable' as const, calls: reports(status, 'skipped') };
      expect(nextAttempt(run, [IDEMPOTENT, IDEMPOTENT], facts())).toBeNull();
    }),
  );
});

it('behaviour 43: a worker that leaves gives back what another can go on with, and never a once call that began', () => {
  const leaves = facts(stopped({ kind: 'worker-leaves' }));
  const run = { outcome: 'worker_lost' as const, calls: reports('ok', 'unknown') };
  expect(nextAttempt(run, [ONCE, IDEMPOTENT], leaves)).toMatchObject({ afterMs: 0 });
  expect(nextAttempt(run, [ONCE, ONCE], leaves)).toBeNull();
  for (const reason of [{ kind: 'deadline' }, { kind: 'cancelled', text: '' }] as const) {
    expect(nextAttempt(run, [ONCE, IDEMPOTENT], facts(stopped(reason)))).toBeNull();
  }
});
