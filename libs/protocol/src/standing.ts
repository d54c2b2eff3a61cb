/** How a drone stands: where the fleet file puts it, what its last tick said, and whether anybody serves it. */
import type { Outcome } from './outcome.js';

/** What its last tick said, or that nobody would serve it. */
export type Health = 'ok' | 'bad' | 'unknown' | 'unserved' | 'disabled';

/** What the fleet file says of a drone, as far as it matters here. */
export interface Place {
  readonly transport: string;
  readonly site: string;
  readonly address: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
}

export interface DroneStanding extends Place {
  readonly health: Health;
  readonly lastOutcome: Outcome | null;
  /** The tick that it is from. */
  readonly lastTick: string | null;
}
