/** What all task queues have in common: one tick of the lane at a time, collected once (behaviours 4 to 13). */
import {
  PendingCallsError,
  TickInFlightError,
  UncollectedResultsError,
  type RefreshResult,
  type TickRecord,
} from '@muster/protocol';
import type { Drone, TakenCalls } from '../drone.js';
import type { TickPlan } from './plan-tick.js';
import type { ExecuteOptions, TaskQueue } from './task-queue.js';
import type { Outcome } from './tick-outcome.js';

/** A tick that was started, and whose results were not collected. */
export interface StartedTick {
  readonly tick: string;
  /** Never rejects: what went wrong is in it. */
  readonly outcome: Promise<Outcome>;
  isRunning(): Promise<boolean>;
  cancel(reason: string): Promise<void>;
  /** Gives the lane free, once the outcome is had. */
  free(): Promise<void>;
}

export abstract class LaneTaskQueue implements TaskQueue {
  readonly name: string;
  #started: StartedTick | null = null;
  #starting = false;
  #lastTick: string | null = null;
  #lastRecord: TickRecord | null = null;

  constructor(name: string) {
    this.name = name;
  }

  /** Checks everything that can be checked before anything is enqueued. */
  protected abstract plan(taken: readonly TakenCalls[]): Promise<TickPlan>;
  /** Begins a tick of at least one drone. */
  protected abstract start(plan: TickPlan, options: ExecuteOptions): Promise<StartedTick>;
  abstract close(): Promise<void>;

  /** The id of the tick that was started last. */
  get lastTick(): string | null {
    return this.#lastTick;
  }

  /** The record of the tick that ended last. */
  get lastRecord(): TickRecord | null {
    return this.#lastRecord;
  }

  /** The tick that was started and not collected. */
  protected get started(): StartedTick | null {
    return this.#started;
  }

  /** Takes on a tick that was started, here or by a producer before us. */
  protected take(started: StartedTick): void {
    this.#started = started;
    this.#lastTick = started.tick;
    void started.outcome.then(({ record }) => {
      this.#lastRecord = record ?? this.#lastRecord;
    });
  }

  async execute(
    drones: readonly Drone[],
    options?: ExecuteOptions & { wait?: true },
  ): Promise<Map<Drone, unknown[]>>;
  async execute(drones: readonly Drone[], options: ExecuteOptions & { wait: false }): Promise<null>;
  async execute(
    drones: readonly Drone[],
    options: ExecuteOptions = {},
  ): Promise<Map<Drone, unknown[]> | null> {
    await this.#begin(() => drones.map((drone) => drone.takeCalls(options)), options);
    return options.wait === false ? null : this.getResults();
  }

  async refresh(
    drones: readonly Drone[],
    pidFiles: readonly string[] | ((drone: Drone) => readonly string[]),
  ): Promise<Map<Drone, RefreshResult>> {
    const pending = drones.filter((drone) => drone.getCalls().length > 0);
    if (pending.length > 0) throw new PendingCallsError(pending.map(({ hostname }) => hostname));
    const pidFilesOf = typeof pidFiles === 'function' ? pidFiles : () => pidFiles;
    await this.#begin(() => drones.map((drone) => refreshCall(drone, pidFilesOf(drone))), {});
    const results = await this.getResults();
    return new Map([...results].map(([drone, [result]]) => [drone, result as RefreshResult]));
  }

  /** `take` is called once the lane is free. */
  async #begin(take: () => TakenCalls[], options: ExecuteOptions): Promise<void> {
    await this.#refuseIfTaken();
    this.#starting = true;
    try {
      const plan = await this.plan(take());
      if (plan.drones.length > 0) this.take(await this.start(plan, options));
    } finally {
      this.#starting = false;
    }
  }

  async waitOnDrones(): Promise<void> {
    const started = this.#started;
    if (started === null) return;
    const outcome = await started.outcome;
    if (outcome.kind === 'ok') return;
    // A failed tick has nothing left to collect: its results are in the error.
    await this.#free(started);
    throw outcome.error;
  }

  async getResults(): Promise<Map<Drone, unknown[]>> {
    const started = this.#started;
    if (started === null) return new Map();
    await this.waitOnDrones();
    const outcome = await started.outcome;
    await this.#free(started);
    return outcome.kind === 'ok' ? outcome.results : new Map();
  }

  async discard(): Promise<void> {
    const started = this.#started;
    if (started === null) return;
    if (await started.isRunning()) throw new TickInFlightError(this.name, started.tick);
    await started.outcome;
    await this.#free(started);
  }

  async cancel(reason = 'cancelled by its producer'): Promise<void> {
    await this.#started?.cancel(reason);
  }

  async #refuseIfTaken(): Promise<void> {
    if (this.#starting) throw new TickInFlightError(this.name, 'that is just being started');
    const started = this.#started;
    if (started === null) return;
    if (await started.isRunning()) throw new TickInFlightError(this.name, started.tick);
    throw new UncollectedResultsError(this.name, started.tick);
  }

  async #free(started: StartedTick): Promise<void> {
    if (this.#started === started) this.#started = null;
    await started.free();
  }
}

/** Was never in the drone's queue, and so does not stay there: a refresh that failed is asked for anew. */
function refreshCall(drone: Drone, pidFiles: readonly string[]): TakenCalls {
  return {
    drone,
    calls: [{ method: 'refresh', args: { pidFiles } }],
    settle: () => undefined,
  };
}
