import type { TickFacts } from '@muster/tick-state';
import type { TickLine } from '@muster/dashboard-pages/views';

/** A tick in one line, from what its own state says. */
export function lineOf(facts: TickFacts): TickLine {
  const { tick, lane, state, startedAt, finishedAt, deadlineMs, policy, size, verdict } = facts;
  return {
    tick,
    lane,
    status: verdict?.status ?? 'running',
    isClosing: state === 'closing',
    startedAt,
    durationMs: finishedAt === null ? null : finishedAt - startedAt,
    deadlineMs,
    policy,
    size,
    counts: verdict?.counts ?? {},
    message: verdict?.message ?? null,
  };
}
