/** Which drones answer: what a scheduler asks when it brings its fleet up (behaviour 26). */
import {
  describeFailure,
  NoDroneAnswersError,
  type Misfortune,
  type Policy,
  type TickRecord,
} from '@muster/protocol';
import type { Logger } from '@muster/runtime';
import type { Drone } from '../drone.js';

/** Whoever does not answer is dropped, so a probe's tick bears any number of them. */
export const PROBE_POLICY: Policy = [{ rule: 'max-percent', percent: 100 }];

/**
 * The drones that have answered; each of the others is named in the log, with the reason.
 * @throws NoDroneAnswersError when there are only others.
 */
export function answering(drones: readonly Drone[], record: TickRecord, log: Logger): Drone[] {
  const dropped = new Map<string, Misfortune>();
  for (const [drone, { outcome, error }] of Object.entries(record.drones)) {
    if (outcome !== null && outcome !== 'ok') dropped.set(drone, { outcome, error });
  }
  for (const [drone, { outcome, error }] of dropped) {
    const { tick, lane } = record;
    const about = { tick, lane, drone, outcome, error: error?.message };
    log.warn(about, 'drone dropped: it does not answer');
  }
  const left = drones.filter(({ hostname }) => !dropped.has(hostname));
  if (left.length > 0) return left;
  const { message, drones: reasons } = describeFailure(dropped, drones.length);
  throw new NoDroneAnswersError(reasons, message);
}
