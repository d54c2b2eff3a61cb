/** A task queue without Redis, workers or combiners: for a scheduler's unit tests and tiny set-ups (behaviour 16). */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  BUILT_IN_METHODS,
  combine,
  entryOfMissing,
  formatPolicy,
  missingByDrone,
  tickId,
  type DroneEntry,
  type Ending,
  type Misfortune,
  type Policy,
  type TickRecord,
} from '@muster/protocol';
import type { BatchRunner, MethodRegistry, StopReason } from '@muster/drone-worker';
import { silentLogger, type Logger, type MusterSpan, type TracePlace } from '@muster/runtime';
import { failureOf, TIMING } from '@muster/tick-state';
import type { TakenCalls } from '../drone.js';
import type { DroneFleet } from '../fleet.js';
import { checkSettings } from '../queue/check-settings.js';
import { LaneTaskQueue, type StartedTick } from '../queue/lane-task-queue.js';
import { planTick, type PlannedDrone, type TickPlan } from '../queue/plan-tick.js';
import { readPolicy, refuseStrangers, type GivenPolicy } from '../queue/queue-policy.js';
import type { ExecuteOptions } from '../queue/task-queue.js';
import { keeping, outcomeOf, reporter } from '../queue/tick-outcome.js';
import { sayTick } from '../queue/tick-trace.js';

export interface InProcessTaskQueueSettings {
  readonly name: string;
  readonly fleet: DroneFleet;
  /** Milliseconds from `execute` to the tick's end; default 60,000. */
  readonly deadlineMs?: number;
  /** Milliseconds for a connection to a drone; default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Default `all`. */
  readonly policy?: GivenPolicy;
  /** Modules with methods of the user's own. */
  readonly methods?: readonly string[];
  readonly log?: Logger;
  /** Whether `muster.drone.duration` has the drones' names: as many time series as drones; default false. */
  readonly droneMetrics?: boolean;
}

interface RunningTick {
  readonly tick: string;
  /** Tells its processes from those of a tick with the same id elsewhere. */
  readonly nonce: string;
  readonly plan: TickPlan;
  readonly policy: Policy;
  /** Where it stands in its trace. */
  readonly place: TracePlace | undefined;
  /** Its reason is a `StopReason`. */
  readonly stop: AbortController;
  readonly report: (drone: string, entry: DroneEntry) => void;
  /** What is kept of an entry. */
  readonly keep: (entry: DroneEntry) => DroneEntry;
}

export class InProcessTaskQueue extends LaneTaskQueue {
  readonly #settings: InProcessTaskQueueSettings;
  readonly #methods: MethodRegistry;
  readonly #runner: BatchRunner;
  #ticks = 0;

  private constructor(
    settings: InProcessTaskQueueSettings,
    policy: Policy,
    methods: MethodRegistry,
    runner: BatchRunner,
  ) {
    const { name, log = silentLogger, droneMetrics = false } = settings;
    super({ name, policy, log, droneMetrics });
    this.#settings = settings;
    this.#methods = methods;
    this.#runner = runner;
  }

  /** @throws InvalidInputError for a bad name, policy or module. */
  static async open(settings: InProcessTaskQueueSettings): Promise<InProcessTaskQueue> {
    checkSettings(settings);
    const policy = readPolicy(settings.policy, settings.fleet.file);
    // Whoever uses the distributed queue alone need not load what reaches drones.
    const { createBatchRunner, loadMethods } = await import('@muster/drone-worker');
    const methods = await loadMethods(settings.methods);
    const runner = createBatchRunner(settings.fleet.file, methods, settings.log ?? silentLogger);
    return new InProcessTaskQueue(settings, policy, methods, runner);
  }

  /** Nothing outlives its process: there is none but its own tick. */
  override resume(): Promise<string | null> {
    return Promise.resolve(this.started?.tick ?? null);
  }

  /** Cancels what is in flight. */
  protected override async letGo(): Promise<void> {
    await this.cancel('the queue was closed');
    await this.started?.outcome;
    await this.#runner.close();
  }

  protected override plan(taken: readonly TakenCalls[], policy: Policy): Promise<TickPlan> {
    const methods = { ...Object.fromEntries(this.#methods), ...BUILT_IN_METHODS };
    const plan = planTick(taken, this.#settings.fleet.file, methods);
    refuseStrangers(policy, plan);
    return Promise.resolve(plan);
  }

  protected override start(
    plan: TickPlan,
    policy: Policy,
    { onReport, keepResults }: ExecuteOptions,
    span: MusterSpan<'execute'>,
  ): Promise<StartedTick> {
    this.#ticks += 1;
    const tick = tickId(this.name, this.#ticks);
    sayTick(span, { tick, size: plan.drones.length, policy: formatPolicy(policy) });
    const stop = new AbortController();
    const planned = new Map(plan.drones.map((drone) => [drone.drone, drone]));
    let running = true;
    const outcome = this.#run({
      tick,
      nonce: randomBytes(8).toString('hex'),
      plan,
      policy,
      place: span.place,
      stop,
      report: reporter(planned, onReport),
      keep: keeping(keepResults),
    })
      .then((record) => outcomeOf(record, planned))
      .catch((error: unknown) => ({ kind: 'error' as const, error }))
      .finally(() => {
        running = false;
      });
    return Promise.resolve({
      tick,
      outcome,
      isRunning: () => Promise.resolve(running),
      cancel: (reason) => {
        stop.abort({ kind: 'cancelled', text: reason } satisfies StopReason);
        return Promise.resolve();
      },
      free: () => Promise.resolve(),
    });
  }

  async #run(running: RunningTick): Promise<TickRecord> {
    const { plan, stop, report, keep } = running;
    const { deadlineMs = 60_000 } = this.#settings;
    let closed = false;
    const startedAt = Date.now();
    const deadline = setTimeout(() => {
      stop.abort({ kind: 'deadline' } satisfies StopReason);
    }, deadlineMs);
    try {
      const entries = new Map<string, DroneEntry>();
      const all = plan.drones.map(async (drone) => {
        const entry = await this.#runDrone(running, drone, deadlineMs);
        if (!closed) {
          entries.set(drone.drone, keep(entry));
          report(drone.drone, entry);
        }
      });
      await Promise.race([Promise.all(all), closingTime(stop.signal)]);
      closed = true;
      return this.#record(running, startedAt, deadlineMs, entries);
    } finally {
      clearTimeout(deadline);
    }
  }

  async #runDrone(
    { tick, nonce, place, stop }: RunningTick,
    drone: PlannedDrone,
    deadlineMs: number,
  ): Promise<DroneEntry> {
    const { connectTimeoutMs = 10_000 } = this.#settings;
    const summary = drone.calls.map(({ method }) => method).join(', ');
    const work = {
      tick,
      nonce,
      drone: drone.drone,
      calls: drone.calls,
      summary,
      deadlineMs,
      connectTimeoutMs,
    };
    const origin = { lane: this.name, worker: workerId(), place };
    const { run, timings } = await this.#runner.run(work, origin, stop.signal);
    return { ...run, attempts: 1, worker: origin.worker, timings: { queuedMs: 0, ...timings } };
  }

  #record(
    { tick, plan, policy, stop: { signal } }: RunningTick,
    startedAt: number,
    deadlineMs: number,
    entries: ReadonlyMap<string, DroneEntry>,
  ): TickRecord {
    const reports = new Map<string, Misfortune>();
    for (const [drone, { outcome, error }] of entries) {
      if (outcome !== null) reports.set(drone, { outcome, error });
    }
    const reason = signal.aborted ? (signal.reason as StopReason) : null;
    const ending: Ending =
      reason === null ? 'reports' : reason.kind === 'cancelled' ? 'cancelled' : 'deadline';
    const here = { worker: workerId(), attempts: 1 };
    const verdict = combine({
      roster: plan.drones.map(({ drone }) => drone),
      policy,
      ending,
      deadlineMs,
      ...(reason?.kind === 'cancelled' && { cancelReason: reason.text }),
      reports,
      claims: new Map(plan.drones.map(({ drone }) => [drone, here])),
      isServed: () => true,
    });
    const missing = missingByDrone(verdict.missing);
    const drones: Record<string, DroneEntry> = {};
    for (const { drone, calls } of plan.drones) {
      const lost = missing.get(drone);
      const entry =
        lost === undefined
          ? entries.get(drone)
          : entryOfMissing(
              lost,
              calls.map(({ method }) => method),
            );
      if (entry !== undefined) drones[drone] = entry;
    }
    const finishedAt = Date.now();
    return {
      tick,
      lane: this.name,
      status: verdict.status,
      startedAt: new Date(startedAt).toISOString(),
      finishedAt: new Date(finishedAt).toISOString(),
      durationMs: finishedAt - startedAt,
      deadlineMs,
      policy: formatPolicy(policy),
      counts: verdict.counts,
      failure: failureOf(verdict, Object.entries(drones)),
      drones,
    };
  }
}

function workerId(): string {
  return `${hostname()}:${String(process.pid)}`;
}

/** Resolves when a tick that was told to end has no time left. */
function closingTime(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      setTimeout(resolve, TIMING.closingMs).unref();
    });
  });
}
