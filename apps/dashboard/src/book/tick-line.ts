import type { TickFacts } from '@muster/tick-state';
import type { TickLine } from '@muster/dashboard-pages/views';

/** A failure of thousands of reasons is for the tick's own page. */
const MESSAGE_LENGTH = 600;

/** As `lineOf`, for lists of ticks. */
export function shortLineOf(facts: TickFacts): TickLine {
  const line = lineOf(facts);
  const { message } = line;
  if (message === null || message.length <= MESSAGE_LENGTH) return line;
  return { ...line, message: `${message.slice(0, MESSAGE_LENGTH)}…` };
}

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
