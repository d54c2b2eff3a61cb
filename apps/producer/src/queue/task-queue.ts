/** What every task queue does, with Redis and without. */
import type { DroneEntry, RefreshResult, TickRecord } from '@muster/protocol';
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
  /**
   * Default true. With false, `onReport` alone is given the results, which are not kept: the map, the record and
   * an error have an empty list for each drone. For ticks whose outputs do not fit into memory.
   */
  readonly keepResults?: boolean;
}

export interface TaskQueue {
  /** The lane. */
  readonly name: string;

  /** The id of the tick that was started last. */
  readonly lastTick: string | null;

  /**
   * The record of the tick that ended last, whatever became of it: also what results do not
   * hold, such as each drone's `warnings` and `timings` (behaviour 20).
   */
  readonly lastRecord: TickRecord | null;

  /**
   * Milliseconds from the start of `execute` to the end of `getResults` (or to the error), of the
   * tick that was collected last (behaviour 40). With `wait: false` it has the caller's own time
   * in between. Null before the first, and for a tick that was adopted.
   */
  readonly lastNetMs: number | null;

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

  /**
   * Pings the drones in a tick of its own, and gives those that answer (behaviour 26); each of the
   * others gets a line in the log. Calls that are queued on the drones stay queued. Which drones
   * are bad is for the caller to decide here, so the queue's policy does not count.
   * @throws NoDroneAnswersError when none is left, and as `execute` does.
   */
  probe(drones: readonly Drone[]): Promise<Drone[]>;

  /**
   * After a restart: adopts the lane's tick, running or uncollected, whose producer is gone. Its
   * outcome then comes from `waitOnDrones` and `getResults`. Gives its id, or null when there is
   * none.
   * @throws TickInFlightError when that producer is alive.
   */
  resume(): Promise<string | null>;

  /** Lets go of everything. A tick in flight goes on without us. Idempotent. */
  close(): Promise<void>;
}
