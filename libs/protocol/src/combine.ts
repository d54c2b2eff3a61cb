/**
 * reports + lost + missing = roster. Pure and total: whatever was reported, in whatever
 * order, every drone of the roster gets exactly one outcome, and nobody else does.
 */
import { describeFailure, type Misfortune } from './failure.js';
import { foldNodeSet } from './node-set/index.js';
import { oneLine } from './one-line.js';
import { OUTCOME_LETTERS, type Outcome } from './outcome.js';
import { policyMet, type Policy } from './policy.js';
import type { TickStatus } from './record.js';
import type { DroneError } from './report.js';

/** What ended the tick. */
export type Ending = 'reports' | 'deadline' | 'cancelled';

/** What is known of a drone that took part without a report: who claimed its batch. */
export interface ClaimFact {
  readonly worker: string;
  /** Whether another worker has since ended what carried the tick's mark there. */
  readonly ended?: 'confirmed' | 'unconfirmed' | undefined;
  /** The outcome of an attempt after which the batch was waiting for the next one. */
  readonly lastAttempt?: Misfortune | undefined;
  readonly attempts: number;
}

export interface CombineInput {
  readonly roster: readonly string[];
  readonly policy: Policy;
  readonly ending: Ending;
  readonly deadlineMs: number;
  /** Why the tick was cancelled, for people. */
  readonly cancelReason?: string | undefined;
  /** What the workers reported, by drone. */
  readonly reports: ReadonlyMap<string, Misfortune>;
  /** Batches that were claimed, by drone. */
  readonly claims: ReadonlyMap<string, ClaimFact>;
  /** Whether any living worker serves a drone. */
  readonly isServed: (drone: string) => boolean;
}

/** The entry of drones that did not report, shared by all that it befell. */
export interface MissingEntry {
  /** Node set. */
  readonly drones: string;
  readonly outcome: Outcome;
  readonly error: DroneError;
  readonly worker: string | null;
  readonly attempts: number;
}

/** The verdict on a tick: what is stored, once, when it closes. */
export interface Verdict {
  readonly status: Exclude<TickStatus, 'running'>;
  readonly counts: Partial<Record<Outcome, number>>;
  /** The failure's one line, or null. */
  readonly message: string | null;
  readonly missing: readonly MissingEntry[];
  /** A letter of `OUTCOME_LETTERS` for each drone, in the roster's order; older verdicts have none. */
  readonly outcomes?: string;
}

export function combine(input: CombineInput): Verdict {
  const counts: Partial<Record<Outcome, number>> = {};
  const ok = new Set<string>();
  const bad = new Map<string, Misfortune>();
  const cancelReason = oneLine(input.cancelReason ?? '');
  let outcomes = '';
  const missing = new Map<string, { entry: Omit<MissingEntry, 'drones'>; drones: string[] }>();
  for (const drone of input.roster) {
    let fate = input.reports.get(drone);
    if (fate === undefined) {
      // Of drones that nobody has claimed there may be very many, and nothing to tell them apart.
      const kind = input.claims.has(drone) ? undefined : String(input.isServed(drone));
      let group = kind === undefined ? undefined : missing.get(kind);
      if (group === undefined) {
        const entry = missingEntry(drone, input, cancelReason);
        const key = kind ?? JSON.stringify(entry);
        group = missing.get(key) ?? { entry, drones: [] };
        missing.set(key, group);
      }
      group.drones.push(drone);
      fate = group.entry;
    }
    counts[fate.outcome] = (counts[fate.outcome] ?? 0) + 1;
    outcomes += OUTCOME_LETTERS[fate.outcome];
    if (fate.outcome === 'ok') ok.add(drone);
    else bad.set(drone, fate);
  }
  const met = policyMet(input.policy, input.roster, (drone) => ok.has(drone));
  const status = input.ending === 'cancelled' && bad.size > 0 ? 'cancelled' : met ? 'ok' : 'failed';
  const lead = status === 'cancelled' ? sayCancelled(cancelReason) : undefined;
  return {
    status,
    counts,
    message: status === 'ok' ? null : describeFailure(bad, input.roster.length, lead).message,
    missing: [...missing.values()].map(({ entry, drones }) => ({
      drones: foldNodeSet(drones),
      ...entry,
    })),
    outcomes,
  };
}

function sayCancelled(reason: string): string {
  return reason === '' ? 'cancelled' : `cancelled (${reason})`;
}

function missingEntry(
  drone: string,
  input: CombineInput,
  cancelReason: string,
): Omit<MissingEntry, 'drones'> {
  const claim = input.claims.get(drone);
  const worker = claim?.worker ?? null;
  const attempts = claim?.attempts ?? 0;
  const ended = claim?.ended ?? 'unconfirmed';
  const last = claim?.lastAttempt;
  if (input.ending === 'cancelled') {
    const message = cancelReason || 'the tick was cancelled';
    return {
      outcome: 'cancelled',
      error: claim && !last ? { message, ended } : { message },
      worker,
      attempts,
    };
  }
  if (last !== undefined) {
    return {
      outcome: last.outcome,
      error: last.error ?? { message: 'no reason given' },
      worker,
      attempts,
    };
  }
  if (claim !== undefined) {
    const message = `worker ${claim.worker} held the batch and did not report`;
    return { outcome: 'worker_lost', error: { message, ended }, worker, attempts };
  }
  const message = input.isServed(drone)
    ? 'its workers did not take the batch before the deadline'
    : 'no worker serves it';
  return { outcome: 'never_started', error: { message }, worker, attempts };
}
