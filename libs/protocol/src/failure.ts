/** The one failure of a tick: every bad drone named, folded by what happened to them. */
import { foldNodeSet } from './node-set/index.js';
import { naturalKey } from './node-set/natural-order.js';
import { oneLine } from './one-line.js';
import { OUTCOMES, type Outcome } from './outcome.js';
import type { BadDrone, Failure } from './record.js';
import type { DroneError } from './report.js';

/** What the failure needs to know of a bad drone. */
export interface Misfortune {
  readonly outcome: Outcome;
  readonly error: DroneError | null;
}

/**
 * `3 of 400 drones failed: lab203 call_failed (call 2, exec: …); lab[017-018] unreachable (…)`.
 * `bad` maps each bad drone to what happened; `size` is the number of drones addressed; `lead`
 * stands before the count.
 */
export function describeFailure(
  bad: ReadonlyMap<string, Misfortune>,
  size: number,
  lead?: string,
): Failure {
  const groups = groupByReason(bad);
  const parts = groups.map(({ drones, outcome, message }) => {
    const reason = message === '' ? '' : ` (${message})`;
    return `${foldNodeSet(drones)} ${outcome}${reason}`;
  });
  const count = `${String(bad.size)} of ${String(size)} drone${size === 1 ? '' : 's'} failed`;
  const head = lead === undefined ? count : `${oneLine(lead)}; ${count}`;
  return {
    message: parts.length === 0 ? head : `${head}: ${parts.join('; ')}`,
    drones: Object.fromEntries(
      [...bad].map(([drone, { outcome, error }]) => [drone, badDrone(outcome, error)]),
    ),
  };
}

function badDrone(outcome: Outcome, error: DroneError | null): BadDrone {
  return { outcome, message: oneLine(error?.message ?? ''), call: error?.call ?? null };
}

interface ReasonGroup {
  readonly drones: string[];
  readonly outcome: Outcome;
  readonly message: string;
}

/**
 * Groups drones that share outcome and reason; groups stand in the order of OUTCOMES, then in that
 * of their drones' names: an order that a record has as well, whatever became of it in between.
 */
export function groupByReason(bad: ReadonlyMap<string, Misfortune>): ReasonGroup[] {
  const groups = new Map<string, ReasonGroup>();
  for (const [drone, { outcome, error }] of bad) {
    const message = oneLine(error?.message ?? '');
    const key = `${outcome} ${message}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { drones: [drone], outcome, message });
    else group.drones.push(drone);
  }
  return [...groups.values()]
    .map((group) => ({ group, first: firstOf(group.drones) }))
    .sort(
      (a, b) =>
        OUTCOMES.indexOf(a.group.outcome) - OUTCOMES.indexOf(b.group.outcome) ||
        (a.first < b.first ? -1 : 1),
    )
    .map(({ group }) => group);
}

/** Of names that differ in padding only, the name itself decides. */
function firstOf(drones: readonly string[]): string {
  let first: string | undefined;
  for (const drone of drones) {
    const key = `${naturalKey(drone)} ${drone}`;
    if (first === undefined || key < first) first = key;
  }
  return first ?? '';
}
