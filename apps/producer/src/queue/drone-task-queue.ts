/** The distributed task queue: a lane of ticks in Redis, run by workers wherever they are. */
import { randomUUID } from 'node:crypto';
import {
  BUILT_IN_METHODS,
  DEFAULT_PREFIX,
  formatPolicy,
  InvalidInputError,
  isName,
  parsePolicy,
  TickInFlightError,
  UncollectedResultsError,
  WIRE_VERSION,
  writeTickSettings,
  type BadDrone,
  type DroneEntry,
  type KnownMethods,
  type Policy,
  type TickRecord,
} from '@muster/protocol';
import { closeRedis, duplicateRedis, openRedis, silentLogger, type Logger, type RedisClient } from '@muster/runtime';
import {
  beginClosing,
  detachLane,
  freeLane,
  livingWorkers,
  openTick,
  readEntries,
  readTickFacts,
  recordHead,
  failureOf,
  writeRoster,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';
import { Combiner } from '../combiner/combiner.js';
import type { Drone } from '../drone.js';
import type { DroneFleet } from '../fleet.js';
import { TickFailedError } from '../tick-failed-error.js';
import { followReports } from './follow-reports.js';
import { planTick, type PlannedDrone, type TickPlan } from './plan-tick.js';
import { followTick } from './running-tick.js';
import type { ExecuteOptions, TaskQueue } from './task-queue.js';
import { buildFlow, FlowSender } from './tick-flow.js';

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
  readonly policy?: string | readonly string[] | Policy;
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

/** A tick that was started and whose results were not collected. */
interface InFlight {
  readonly tick: string;
  readonly token: string;
  readonly plan: TickPlan;
  readonly startedAt: number;
  /** Never rejects: what went wrong is in it. */
  readonly outcome: Promise<Outcome>;
}

type Outcome =
  | { readonly kind: 'ok'; readonly results: Map<Drone, unknown[]>; readonly record: TickRecord }
  | { readonly kind: 'error'; readonly error: unknown };

export class DroneTaskQueue implements TaskQueue {
  readonly name: string;
  /** Of the tick that was started last. */
  lastTick: string | null = null;
  /** The record of the tick that ended last. */
  lastRecord: TickRecord | null = null;
  readonly #settings: Required<Omit<DroneTaskQueueSettings, 'name' | 'redis' | 'policy' | 'hostCombiner' | 'prefix'>>;
  readonly #policy: Policy;
  readonly #store: TickStore;
  readonly #subscriber: RedisClient;
  readonly #sender: FlowSender;
  readonly #combiner: Combiner | null;
  readonly #closing = new AbortController();
  #inFlight: InFlight | null = null;
  #starting = false;

  private constructor(settings: DroneTaskQueueSettings, policy: Policy, store: TickStore, combiner: Combiner | null) {
    this.name = settings.name;
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
    if (!isName(settings.name)) throw new InvalidInputError(`lane '${settings.name}': expected a name of letters, digits, dots and dashes`);
    const policy = readPolicy(settings);
    const redis = await openRedis(settings.redis);
    const store = { redis, prefix: settings.prefix ?? DEFAULT_PREFIX };
    const combiner =
      settings.hostCombiner === false ? null : new Combiner({ store, log: settings.log ?? silentLogger });
    await combiner?.start();
    return new DroneTaskQueue(settings, policy, store, combiner);
  }

  async execute(drones: readonly Drone[], options?: ExecuteOptions & { wait?: true }): Promise<Map<Drone, unknown[]>>;
  async execute(drones: readonly Drone[], options: ExecuteOptions & { wait: false }): Promise<null>;
  async execute(drones: readonly Drone[], options: ExecuteOptions = {}): Promise<Map<Drone, unknown[]> | null> {
    await this.#refuseIfTaken();
    this.#starting = true;
    try {
      const plan = planTick(drones, this.#settings.fleet.file, await this.#knownMethods(drones));
      this.#refuseStrangersToPolicy(plan);
      if (plan.drones.length > 0) this.#inFlight = await this.#start(plan, options);
    } finally {
      this.#starting = false;
    }
    return options.wait === false ? null : this.getResults();
  }

  async waitOnDrones(): Promise<void> {
    const tick = this.#inFlight;
    if (tick === null) return;
    const outcome = await tick.outcome;
    if (outcome.kind === 'ok') return;
    // A failed tick has nothing left to collect: its results are in the error.
    await this.#free(tick);
    throw outcome.error;
  }

  async getResults(): Promise<Map<Drone, unknown[]>> {
    const tick = this.#inFlight;
    if (tick === null) return new Map();
    await this.waitOnDrones();
    const outcome = await tick.outcome;
    await this.#free(tick);
    return outcome.kind === 'ok' ? outcome.results : new Map();
  }

  async discard(): Promise<void> {
    const tick = this.#inFlight;
    if (tick === null) return;
    const facts = await readTickFacts(this.#store, tick.tick);
    if (facts !== undefined && facts.state !== 'closed') throw new TickInFlightError(this.name, tick.tick);
    await tick.outcome;
    await this.#free(tick);
  }

  async cancel(reason = 'cancelled by its producer'): Promise<void> {
    if (this.#inFlight !== null) await beginClosing(this.#store, this.#inFlight.tick, 'cancelled', reason);
  }

  /** Leaves the tick to itself: the lane is free once it has ended. For producers that do not stay. */
  async detach(): Promise<void> {
    const tick = this.#inFlight;
    if (tick !== null) await detachLane(this.#store, this.name, tick.tick, tick.token);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sender.close();
    await this.#combiner?.stop();
    await closeRedis(this.#subscriber);
    await closeRedis(this.#store.redis);
  }

  async #refuseIfTaken(): Promise<void> {
    if (this.#starting) throw new TickInFlightError(this.name, this.lastTick ?? `${this.name}-?`);
    const tick = this.#inFlight;
    if (tick === null) return;
    const facts = await readTickFacts(this.#store, tick.tick);
    if (facts !== undefined && facts.state !== 'closed') throw new TickInFlightError(this.name, tick.tick);
    throw new UncollectedResultsError(this.name, tick.tick);
  }

  /** Asks who lives only when a call is not of a method that is known here. */
  async #knownMethods(drones: readonly Drone[]): Promise<KnownMethods> {
    const { methods } = this.#settings;
    const strange = drones.some((drone) => drone.getCalls().some((call) => !Object.hasOwn(methods, call.method)));
    if (!strange) return methods;
    const workers = await livingWorkers(this.#store);
    return Object.assign({}, ...workers.map((worker) => worker.methods), methods) as KnownMethods;
  }

  #refuseStrangersToPolicy(plan: TickPlan): void {
    const addressed = new Set(plan.drones.map(({ drone }) => drone));
    for (const rule of this.#policy) {
      if (rule.rule !== 'must') continue;
      const stranger = rule.drones.find((drone) => !addressed.has(drone));
      if (stranger !== undefined) {
        throw new InvalidInputError(`policy '${formatPolicy([rule])}': the tick does not address ${stranger}`);
      }
    }
  }

  async #start(plan: TickPlan, { wait, onReport }: ExecuteOptions): Promise<InFlight> {
    const { deadlineMs, connectTimeoutMs, attempts } = this.#settings;
    const token = randomUUID();
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
    const { tick, epoch, startedAt } = opened;
    this.lastTick = tick;
    this.#settings.log.info({ tick, lane: this.name, drones: plan.drones.length, wait: wait !== false }, 'tick opened');
    const outcome = this.#follow(tick, token, plan, onReport);
    // The roster is in the tick's state already: should this fail half-way, the rest is `never_started`.
    await this.#sender.send(buildFlow({ id: tick, lane: this.name, epoch, policy, deadlineMs }, plan));
    return { tick, token, plan, startedAt, outcome };
  }

  async #follow(tick: string, token: string, plan: TickPlan, onReport: ExecuteOptions['onReport']): Promise<Outcome> {
    const drones = new Map(plan.drones.map((planned) => [planned.drone, planned]));
    const over = new AbortController();
    const say = (name: string, entry: DroneEntry) => {
      const drone = drones.get(name)?.taken.drone;
      if (drone !== undefined) onReport?.(drone, entry);
    };
    const reports =
      onReport === undefined ? Promise.resolve(new Set<string>()) : followReports(this.#store, tick, say, over.signal);
    try {
      const follow = { tick, lane: this.name, token, deadlineMs: this.#settings.deadlineMs };
      const facts = await followTick(this.#store, this.#subscriber, follow, this.#closing.signal);
      over.abort();
      const said = await reports;
      return await this.#collect(facts, drones, (name, entry) => {
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
    const entries: Record<string, DroneEntry> = {};
    const results = new Map<Drone, unknown[]>();
    for await (const [name, entry] of readEntries(this.#store, facts, [...planned.values()])) {
      entries[name] = entry;
      onEntry(name, entry);
      const of = planned.get(name);
      of?.taken.settle(entry.calls, of.calls.map((call) => call.effect));
      if (of !== undefined && entry.outcome === 'ok') results.set(of.taken.drone, [...entry.results]);
    }
    const failure = failureOf(facts, Object.entries(entries));
    const record: TickRecord = { ...recordHead(facts, failure), drones: entries };
    this.lastRecord = record;
    if (record.status === 'ok') return { kind: 'ok', results, record };
    const failures = new Map<Drone, BadDrone>();
    for (const [name, bad] of Object.entries(failure?.drones ?? {})) {
      const drone = planned.get(name)?.taken.drone;
      if (drone !== undefined) failures.set(drone, bad);
    }
    return { kind: 'error', error: new TickFailedError(record, failures, results) };
  }

  async #free({ tick, token }: InFlight): Promise<void> {
    if (this.#inFlight?.tick === tick) this.#inFlight = null;
    await freeLane(this.#store, this.name, tick, token);
  }
}

function readPolicy({ policy = 'all', fleet }: DroneTaskQueueSettings): Policy {
  if (typeof policy === 'string') return parsePolicy([policy], (expression) => fleet.file.select(expression));
  const texts = policy.filter((rule): rule is string => typeof rule === 'string');
  if (texts.length === policy.length && texts.length > 0) {
    return parsePolicy(texts, (expression) => fleet.file.select(expression));
  }
  return policy as Policy;
}
