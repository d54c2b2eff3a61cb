/** The verdict on a tick, computed again from its record alone: so that anybody can check it. */
import { describeFailure, type Misfortune } from './failure.js';
import type { Outcome } from './outcome.js';
import { parsePolicy, policyMet } from './policy.js';
import type { TickRecord, TickStatus } from './record.js';

/** As the record of a sound tick has it: `status`, `counts`, and `failure.message` or null. */
export interface Judgement {
  readonly status: TickStatus;
  readonly counts: Partial<Record<Outcome, number>>;
  readonly message: string | null;
}

/**
 * Pure. What the drones' own entries and the policy come to; of the rest of the record it takes
 * that the tick was cancelled, and why, which is no judgement. A tick of which an entry is
 * outstanding is `running`.
 */
export function judgeRecord(
  record: Pick<TickRecord, 'status' | 'policy' | 'failure' | 'drones'>,
): Judgement {
  const counts: Partial<Record<Outcome, number>> = {};
  const ok = new Set<string>();
  const bad = new Map<string, Misfortune>();
  const roster = Object.keys(record.drones);
  for (const [drone, { outcome, error }] of Object.entries(record.drones)) {
    if (outcome === null) return { status: 'running', counts: {}, message: null };
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (outcome === 'ok') ok.add(drone);
    else bad.set(drone, { outcome, error });
  }
  const { message } = describeFailure(bad, roster.length);
  if (record.status === 'cancelled' && bad.size > 0) {
    return { status: 'cancelled', counts, message: `${lead(record, message)}; ${message}` };
  }
  const met = policyMet(parsePolicy([record.policy]), roster, (drone) => ok.has(drone));
  return { status: met ? 'ok' : 'failed', counts, message: met ? null : message };
}

/** Why the tick was cancelled: what the record's message has before what is computed. */
function lead({ failure }: Pick<TickRecord, 'failure'>, computed: string): string {
  const message = failure?.message ?? '';
  return message.endsWith(`; ${computed}`) ? message.slice(0, -computed.length - 2) : 'cancelled';
}
