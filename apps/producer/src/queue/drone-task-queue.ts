/** The distributed task queue: a lane of ticks in Redis, run by workers wherever they are. */
import { randomUUID } from 'node:crypto';
import {
  BUILT_IN_METHODS,
  DEFAULT_PREFIX,
  formatPolicy,
  InvalidInputError,
  isName,
  TickInFlightError,
  UncollectedResultsError,
  writeTickSettings,
  type DroneEntry,
  type KnownMethods,
  type Policy,
} from '@muster/protocol';
import {
  closeRedis,
  duplicateRedis,
  openRedis,
  silentLogger,
  type Logger,
  type RedisClient,
} from '@muster/runtime';
import {
  beginClosing,
  detachLane,
  failureOf,
  freeLane,
  livingWorkers,
  openTick,
  readEntries,
  readTickFacts,
  recordHead,
  writeRoster,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';
import { Combiner } from '../combiner/combiner.js';
import type { Drone } from '../drone.js';
import type { DroneFleet } from '../fleet.js';
import { followReports } from './follow-reports.js';
import { LaneTaskQueue, type StartedTick } from './lane-task-queue.js';
import { planTick, type PlannedDrone, type TickPlan } from './plan-tick.js';
import { readPolicy, refuseStrangers, type GivenPolicy } from './queue-policy.js';
import { followTick } from './running-tick.js';
import type { ExecuteOptions } from './task-queue.js';
import { buildFlow, FlowSender } from './tick-flow.js';
import { outcomeOf, reporter, type Outcome } from './tick-outcome.js';

export interface DroneTaskQueueSettings {
  /** The lane. Queues of different names know nothing of each other. */
  readonly name: string;
  readonly fleet: DroneFleet;
  /** URL of the Redis. */
  readonly redis: string;
  /** Milliseconds from `execute` to the tick's end; default 60,000. */
  readonly deadlineMs?: number;
  /** Milliseconds for a connection to a drone, bounded by the deadline; default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Rules as for `--policy`, or a policy; default `all`. */
  readonly policy?: GivenPolicy;
  /** How often a batch may be tried; default 1. */
  readonly attempts?: number;
  /** Methods of the user's own; those that living workers announce are known as well. */
  readonly methods?: KnownMethods;
  /** Whether to host a combiner, so that ticks end also where no other runs; default true. */
  readonly hostCombiner?: boolean;
  /** The hash tag that begins every key; default `{muster}`. */
  readonly prefix?: string;
  readonly log?: Logger;
}

export class DroneTaskQueue extends LaneTaskQueue {
  readonly #settings: Required<
    Omit<DroneTaskQueueSettings, 'name' | 'redis' | 'policy' | 'hostCombiner' | 'prefix'>
  >;
  readonly #policy: Policy;
  readonly #store: TickStore;
  readonly #subscriber: RedisClient;
  readonly #sender: FlowSender;
  readonly #combiner: Combiner | null;
  readonly #closing = new AbortController();
  /** Names this producer as the holder of its lane. */
  readonly #token = randomUUID();

  private constructor(
    settings: DroneTaskQueueSettings,
    policy: Policy,
    store: TickStore,
    combiner: Combiner | null,
  ) {
    super(settings.name);
    this.#settings = {
      fleet: settings.fleet,
      deadlineMs: settings.deadlineMs ?? 60_000,
      connectTimeoutMs: settings.connectTimeoutMs ?? 10_000,
      attempts: settings.attempts ?? 1,
      methods: { ...BUILT_IN_METHODS, ...settings.methods },
      log: settings.log ?? silentLogger,
    };
    this.#policy = policy;
    this.#store = store;
    this.#subscriber = duplicateRedis(store.redis);
    this.#sender = new FlowSender(store);
    this.#combiner = combiner;
  }

  /**
   * Connects.
   * @throws InvalidInputError for a bad name or policy, InfrastructureError for a Redis that is not reachable or unfit.
   */
  static async open(settings: DroneTaskQueueSettings): Promise<DroneTaskQueue> {
    if (!isName(settings.name))
      throw new InvalidInputError(
        `lane '${settings.name}': expected a name of letters, digits, dots and dashes`,
      );
    const policy = readPolicy(settings.policy, settings.fleet.file);
    const redis = await openRedis(settings.redis);
    const store = { redis, prefix: settings.prefix ?? DEFAULT_PREFIX };
    const combiner =
      settings.hostCombiner === false
        ? null
        : new Combiner({ store, log: settings.log ?? silentLogger });
    await combiner?.start();
    return new DroneTaskQueue(settings, policy, store, combiner);
  }

  /** Leaves the tick to itself: the lane is free once it has ended. For producers that do not stay. */
  async detach(): Promise<void> {
    const { started } = this;
    if (started !== null) await detachLane(this.#store, this.name, started.tick, this.#token);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sender.close();
    await this.#combiner?.stop();
    await closeRedis(this.#subscriber);
    await closeRedis(this.#store.redis);
  }

  protected override async plan(drones: readonly Drone[]): Promise<TickPlan> {
    const plan = planTick(drones, this.#settings.fleet.file, await this.#knownMethods(drones));
    refuseStrangers(this.#policy, plan);
    return plan;
  }

  /** Asks who lives only when a call is not of a method that is known here. */
  async #knownMethods(drones: readonly Drone[]): Promise<KnownMethods> {
    const { methods } = this.#settings;
    const strange = drones.some((drone) =>
      drone.getCalls().some((call) => !Object.hasOwn(methods, call.method)),
    );
    if (!strange) return methods;
    const workers = await livingWorkers(this.#store);
    return Object.assign({}, ...workers.map((worker) => worker.methods), methods) as KnownMethods;
  }

  protected override async start(
    plan: TickPlan,
    { wait, onReport }: ExecuteOptions,
  ): Promise<StartedTick> {
    const { deadlineMs, connectTimeoutMs, attempts } = this.#settings;
    const token = this.#token;
    const policy = formatPolicy(this.#policy);
    const opened = await openTick(this.#store, {
      lane: this.name,
      token,
      deadlineMs,
      detached: false,
      roster: writeRoster(plan.drones),
      size: plan.drones.length,
      policy,
      settings: writeTickSettings({ deadlineMs, connectTimeoutMs, attempts }),
      batches: plan.batches,
    });
    if (!opened.ok) {
      const Refusal = opened.refusal === 'running' ? TickInFlightError : UncollectedResultsError;
      throw new Refusal(this.name, opened.tick);
    }
    const { tick, epoch } = opened;
    this.#settings.log.info(
      { tick, lane: this.name, drones: plan.drones.length, wait: wait !== false },
      'tick opened',
    );
    const outcome = this.#follow(tick, plan, onReport);
    // The roster is in the tick's state already: should this fail half-way, the rest is `never_started`.
    await this.#sender.send(
      buildFlow({ id: tick, lane: this.name, epoch, policy, deadlineMs }, plan),
    );
    return this.#startedTick(tick, outcome);
  }

  #startedTick(tick: string, outcome: Promise<Outcome>): StartedTick {
    return {
      tick,
      outcome,
      isRunning: async () => {
        const facts = await readTickFacts(this.#store, tick);
        return facts !== undefined && facts.state !== 'closed';
      },
      cancel: async (reason) => {
        await beginClosing(this.#store, tick, 'cancelled', reason);
      },
      free: async () => {
        await freeLane(this.#store, this.name, tick, this.#token);
      },
    };
  }

  async #follow(
    tick: string,
    plan: TickPlan,
    onReport: ExecuteOptions['onReport'],
  ): Promise<Outcome> {
    const planned = new Map(plan.drones.map((drone) => [drone.drone, drone]));
    const say = reporter(planned, onReport);
    const over = new AbortController();
    const reports =
      onReport === undefined
        ? Promise.resolve(new Set<string>())
        : followReports(this.#store, tick, say, over.signal);
    try {
      const follow = {
        tick,
        lane: this.name,
        token: this.#token,
        deadlineMs: this.#settings.deadlineMs,
      };
      const facts = await followTick(this.#store, this.#subscriber, follow, this.#closing.signal);
      over.abort();
      const said = await reports;
      return await this.#collect(facts, planned, (name, entry) => {
        if (!said.has(name)) say(name, entry);
      });
    } catch (error) {
      over.abort();
      return { kind: 'error', error };
    }
  }

  async #collect(
    facts: TickFacts,
    planned: ReadonlyMap<string, PlannedDrone>,
    onEntry: (drone: string, entry: DroneEntry) => void,
  ): Promise<Outcome> {
    const drones: Record<string, DroneEntry> = {};
    for await (const [name, entry] of readEntries(this.#store, facts)) {
      drones[name] = entry;
      onEntry(name, entry);
    }
    const failure = failureOf(facts, Object.entries(drones));
    return outcomeOf({ ...recordHead(facts, failure), drones }, planned);
  }
}
