/** What all task queues have in common: one tick of the lane at a time, collected once (behaviours 4 to 13). */
import {
  InvalidInputError,
  PendingCallsError,
  TickInFlightError,
  UncollectedResultsError,
  type Policy,
  type RefreshResult,
  type TickRecord,
} from '@muster/protocol';
import { systemClock, type Logger, type MusterSpan } from '@muster/runtime';
import { unqueuedCall, type Drone, type TakenCalls } from '../drone.js';
import { checkDrones } from './check-settings.js';
import type { TickPlan } from './plan-tick.js';
import { answering, PROBE_POLICY } from './probe.js';
import type { ExecuteOptions, TaskQueue } from './task-queue.js';
import { exportNetTime, exportRecord } from './tick-metrics.js';
import type { Outcome } from './tick-outcome.js';
import { endWith, endWithError, traceExecute, type TickSpan } from './tick-trace.js';

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

/** What all task queues are told. */
export interface LaneSettings {
  readonly name: string;
  readonly policy: Policy;
  readonly log: Logger;
  /** Whether the metrics of drones have their names. */
  readonly droneMetrics: boolean;
}

export abstract class LaneTaskQueue implements TaskQueue {
  readonly name: string;
  #started: StartedTick | null = null;
  #starting = false;
  /** Of the tick that is being started: how to cancel it, once it is open, and why it is to be cancelled. */
  #opened: ((reason: string) => Promise<void>) | null = null;
  #cancelReason: string | null = null;
  #closed: Promise<void> | null = null;
  #lastTick: string | null = null;
  #lastRecord: TickRecord | null = null;
  #lastNetMs: number | null = null;
  readonly #lane: LaneSettings;
  /** When the tick in flight was asked for, by the monotonic clock; null for one that was adopted. */
  #askedAt: number | null = null;
  #span: TickSpan | null = null;

  constructor(settings: LaneSettings) {
    this.name = settings.name;
    this.#lane = settings;
  }

  /** Checks everything that can be checked before anything is enqueued. */
  protected abstract plan(taken: readonly TakenCalls[], policy: Policy): Promise<TickPlan>;
  /** Begins a tick of at least one drone; `span` is its trace's. */
  protected abstract start(
    plan: TickPlan,
    policy: Policy,
    options: ExecuteOptions,
    span: MusterSpan<'execute'>,
  ): Promise<StartedTick>;
  /** Lets go of everything, once. */
  protected abstract letGo(): Promise<void>;
  abstract resume(): Promise<string | null>;

  close(): Promise<void> {
    this.#closed ??= this.letGo();
    return this.#closed;
  }

  get lastTick(): string | null {
    return this.#lastTick;
  }

  get lastRecord(): TickRecord | null {
    return this.#lastRecord;
  }

  get lastNetMs(): number | null {
    return this.#lastNetMs;
  }

  /** The tick that was started and not collected. */
  protected get started(): StartedTick | null {
    return this.#started;
  }

  /** Of the tick that was started last. */
  protected get span(): TickSpan | null {
    return this.#span;
  }

  /** The tick that is being started is open, and may be cancelled while its batches are still being sent. */
  protected sayOpened(cancel: (reason: string) => Promise<void>): void {
    this.#opened = cancel;
    if (this.#cancelReason !== null) cancel(this.#cancelReason).catch(() => undefined);
  }

  /** Takes on a tick that was started, here or by a producer before us. */
  protected take(started: StartedTick, span: TickSpan, askedAt: number | null = null): void {
    this.#started = started;
    this.#askedAt = askedAt;
    this.#lastTick = started.tick;
    this.#span = span;
    void started.outcome.then((outcome) => {
      endWith(span, outcome);
      const { record } = outcome;
      if (record === undefined) return;
      this.#lastRecord = record;
      exportRecord(record, this.#lane.droneMetrics);
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
    const { policy } = this.#lane;
    checkDrones(drones);
    await this.#begin(() => drones.map((drone) => drone.takeCalls(options)), policy, options);
    return options.wait === false ? null : this.getResults();
  }

  async refresh(
    drones: readonly Drone[],
    pidFiles: readonly string[] | ((drone: Drone) => readonly string[]),
  ): Promise<Map<Drone, RefreshResult>> {
    checkDrones(drones);
    const pending = drones.filter((drone) => drone.getCalls().length > 0);
    if (pending.length > 0) throw new PendingCallsError(pending.map(({ hostname }) => hostname));
    const pidFilesOf = typeof pidFiles === 'function' ? pidFiles : () => pidFiles;
    const ask = (drone: Drone) => unqueuedCall(drone, 'refresh', { pidFiles: pidFilesOf(drone) });
    await this.#begin(() => drones.map(ask), this.#lane.policy, {});
    const results = await this.getResults();
    return new Map([...results].map(([drone, [result]]) => [drone, result as RefreshResult]));
  }

  async probe(drones: readonly Drone[]): Promise<Drone[]> {
    checkDrones(drones);
    if (drones.length === 0) return [];
    const ask = (drone: Drone) => unqueuedCall(drone, 'ping', {});
    await this.#begin(() => drones.map(ask), PROBE_POLICY, {});
    await this.getResults();
    // Of a tick that was collected there is a record.
    return this.#lastRecord === null ? [] : answering(drones, this.#lastRecord, this.#lane.log);
  }

  /** `take` is called once the lane is free. */
  async #begin(take: () => TakenCalls[], policy: Policy, options: ExecuteOptions): Promise<void> {
    const askedAt = systemClock.monotonic();
    const span = traceExecute(this.name);
    try {
      await this.#refuseIfTaken();
      await this.#start(take, policy, options, span, askedAt);
    } catch (error) {
      endWithError(span, error);
      throw error;
    }
  }

  async #start(
    take: () => TakenCalls[],
    policy: Policy,
    options: ExecuteOptions,
    span: MusterSpan<'execute'>,
    askedAt: number,
  ): Promise<void> {
    this.#starting = true;
    try {
      const plan = await this.plan(take(), policy);
      if (plan.drones.length === 0) span.end();
      else this.take(await this.start(plan, policy, options, span), span, askedAt);
    } finally {
      this.#starting = false;
      this.#opened = null;
      this.#cancelReason = null;
    }
  }

  async waitOnDrones(): Promise<void> {
    const started = this.#started;
    if (started === null) return;
    const outcome = await started.outcome;
    if (outcome.kind === 'ok') return;
    // A failed tick has nothing left to collect: its results are in the error.
    await this.#free(started);
    this.#sayNetTime();
    throw outcome.error;
  }

  async getResults(): Promise<Map<Drone, unknown[]>> {
    const started = this.#started;
    if (started === null) return new Map();
    await this.waitOnDrones();
    const outcome = await started.outcome;
    await this.#free(started);
    this.#sayNetTime();
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
    if (this.#starting) {
      this.#cancelReason = reason;
      await this.#opened?.(reason);
    } else await this.#started?.cancel(reason);
  }

  async #refuseIfTaken(): Promise<void> {
    if (this.#closed !== null)
      throw new InvalidInputError(`the queue of lane ${this.name} is closed: open another`);
    if (this.#starting) throw new TickInFlightError(this.name, 'that is just being started');
    const started = this.#started;
    if (started === null) return;
    if (await started.isRunning()) throw new TickInFlightError(this.name, started.tick);
    throw new UncollectedResultsError(this.name, started.tick);
  }

  /** Behaviour 40. */
  #sayNetTime(): void {
    this.#lastNetMs = this.#askedAt === null ? null : systemClock.monotonic() - this.#askedAt;
    if (this.#lastNetMs !== null) exportNetTime(this.name, this.#lastNetMs);
  }

  async #free(started: StartedTick): Promise<void> {
    if (this.#started === started) this.#started = null;
    await started.free();
  }
}
