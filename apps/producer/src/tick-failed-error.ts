import { MusterError, type BadDrone, type TickRecord } from '@muster/protocol';
import type { Drone } from './drone.js';

/**
 * The tick's policy is not met, or it was cancelled. The first line of the message names
 * every bad drone, folded; then each has a line of its own (behaviour 9). Nothing is lost:
 * the good drones' results and the whole record are here (behaviour 50).
 */
export class TickFailedError extends MusterError {
  override readonly code = 'MUSTER_TICK_FAILED';

  constructor(
    readonly record: TickRecord,
    /** What happened to each bad drone. */
    readonly failures: ReadonlyMap<Drone, BadDrone>,
    /** The results of the good drones, aligned with their calls. */
    readonly results: ReadonlyMap<Drone, unknown[]>,
  ) {
    const lines = [...failures].map(([drone, { outcome, message }]) => {
      return `  ${drone.hostname}: ${outcome}${message === '' ? '' : `: ${message}`}`;
    });
    super([record.failure?.message ?? `tick ${record.tick} ${record.status}`, ...lines].join('\n'));
  }
}
