/** What every task queue does, with Redis and without. */
import type { DroneEntry, RefreshResult } from '@muster/protocol';
import type { Drone } from '../drone.js';

export interface ExecuteOptions {
  /** Default true. With false, the outcome is had from `getResults()` alone (behaviour 4). */
  readonly wait?: boolean;
  /**
   * Default false: pending kills ride with the next batch. With true, they are sent also to drones
   * that have nothing else queued (behaviour 22).
   */
  readonly sendKills?: boolean;
  /** Called for each drone as it reports; those that never do come at the end. */
  readonly onReport?: (drone: Drone, entry: DroneEntry) => void;
}

export interface TaskQueue {
  /** The lane. */
  readonly name: string;

  /**
   * Runs the queued calls of the drones as one tick. Drones without calls are left out.
   * Gives each drone's results, aligned with its calls, with that of its pending kills at the end
   * (behaviour 21); null with `wait: false`.
   * @throws TickFailedError, TickInFlightError, UncollectedResultsError, DuplicateDroneError,
   *   InvalidInputError, InfrastructureError.
   */
  execute(
    drones: readonly Drone[],
    options?: ExecuteOptions & { wait?: true },
  ): Promise<Map<Drone, unknown[]>>;
  execute(drones: readonly Drone[], options: ExecuteOptions & { wait: false }): Promise<null>;

  /**
   * One tick that does nothing but `refresh` each of the drones; gives what each has. The calls'
   * queues are not touched, and pending kills wait for the next batch.
   * @throws PendingCallsError that names the drones which have unexecuted calls (behaviour 24);
   *   otherwise as `execute`.
   */
  refresh(
    drones: readonly Drone[],
    pidFiles: readonly string[] | ((drone: Drone) => readonly string[]),
  ): Promise<Map<Drone, RefreshResult>>;

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
