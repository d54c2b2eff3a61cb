/** What every task queue does, with Redis and without. */
import type { DroneEntry } from '@muster/protocol';
import type { Drone } from '../drone.js';

export interface ExecuteOptions {
  /** Default true. With false, the outcome is had from `getResults()` alone (behaviour 4). */
  readonly wait?: boolean;
  /** Called for each drone as it reports; those that never do come at the end. */
  readonly onReport?: (drone: Drone, entry: DroneEntry) => void;
}

export interface TaskQueue {
  /** The lane. */
  readonly name: string;

  /**
   * Runs the queued calls of the drones as one tick. Drones without calls are left out.
   * Gives each drone's results, aligned with its calls; null with `wait: false`.
   * @throws TickFailedError, TickInFlightError, UncollectedResultsError, DuplicateDroneError,
   *   InvalidInputError, InfrastructureError.
   */
  execute(
    drones: readonly Drone[],
    options?: ExecuteOptions & { wait?: true },
  ): Promise<Map<Drone, unknown[]>>;
  execute(drones: readonly Drone[], options: ExecuteOptions & { wait: false }): Promise<null>;

  /** Waits for the tick in flight, if there is one; nothing is in flight afterwards, also after an error. */
  waitOnDrones(): Promise<void>;

  /** Waits, and gives the results once; empty when there is nothing to collect (behaviour 13). */
  getResults(): Promise<Map<Drone, unknown[]>>;

  /** Drops the results of a tick that has ended. @throws TickInFlightError while it runs. */
  discard(): Promise<void>;

  /** Cancels the tick in flight; its outcome still comes from `waitOnDrones` or `getResults`. */
  cancel(reason?: string): Promise<void>;

  /** Lets go of everything. A tick in flight goes on without us. Idempotent. */
  close(): Promise<void>;
}
