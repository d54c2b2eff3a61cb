/** The distributed task queue: a lane of ticks in Redis, run by workers wherever they are. */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  BUILT_IN_METHODS,
  DEFAULT_PREFIX,
  formatPolicy,
  InfrastructureError,
  InvalidInputError,
  TickInFlightError,
  UncollectedResultsError,
  writeTickSettings,
  type KnownMethods,
  type Policy,
} from '@muster/protocol';
import {
  closeRedis,
  duplicateRedis,
  LATE,
  openRedis,
  silentLogger,
  within,
  writeTrace,
  type MusterSpan,
  type RedisClient,
} from '@muster/runtime';
import {
  beginClosing,
  detachLane,
  freeLane,
  livingWorkers,
  openTick,
  placeOfTick,
  readTickFacts,
  writeRoster,
  type TickStore,
} from '@muster/tick-state';
import { Combiner } from '../combiner/combiner.js';
import type { TakenCalls } from '../drone.js';
import { adoptTick, asPlan } from './adopt-tick.js';
import { checkSettings } from './check-settings.js';
import { ClosedTicks } from './closed-ticks.js';
import { followToOutcome, type OpenedTick, type Waiting } from './follow-to-outcome.js';
import { LaneTaskQueue, type StartedTick } from './lane-task-queue.js';
import { planTick, type TickPlan } from './plan-tick.js';
import { readPolicy, refuseStrangers } from './queue-policy.js';
import type { DroneTaskQueueSettings } from './queue-settings.js';
import { OVERDUE_MS } from './running-tick.js';
import type { ExecuteOptions } from './task-queue.js';
import { FlowSender } from './flow-sender.js';
import { wasTakenWhole, type Outcome } from './tick-outcome.js';
import { endAsDetached, sayTick, traceResume, traceSend } from './tick-trace.js';
import { warnOfUnserved } from './warn-of-unserved.js';

/** The settings with their defaults filled in. */
type Settled = Required<
  Omit<
    DroneTaskQueueSettings,
    'name' | 'redis' | 'policy' | 'hostCombiner' | 'prefix' | 'retention' | 'droneMetrics'
  >
>;

/** Milliseconds for each of the last questions to Redis: a producer that is cut off must be able to leave. */
const FAREWELL_MS = 1_000;

export class DroneTaskQueue extends LaneTaskQueue {
  readonly #settings: Settled;
  readonly #store: TickStore;
  readonly #subscriber: RedisClient;
  readonly #closedTicks: ClosedTicks;
  readonly #sender: FlowSender;
  readonly #combiner: Combiner | null;
  readonly #closing = new AbortController();
  /** Of the last tick: no job of it is left that came too late. */
  #tidied: Promise<void> = Promise.resolve();
  /** Names this producer as the holder of its lane. */
  readonly #token = randomUUID();

  private constructor(
    settings: DroneTaskQueueSettings,
    policy: Policy,
    store: TickStore,
    combiner: Combiner | null,
  ) {
    const { name, log = silentLogger, droneMetrics = false } = settings;
    super({ name, policy, log, droneMetrics });
    this.#settings = {
      fleet: settings.fleet,
      deadlineMs: settings.deadlineMs ?? 60_000,
      connectTimeoutMs: settings.connectTimeoutMs ?? 10_000,
      attempts: settings.attempts ?? 1,
      methods: { ...BUILT_IN_METHODS, ...settings.methods },
      log,
    };
    this.#store = store;
    this.#subscriber = duplicateRedis(store.redis);
    this.#closedTicks = new ClosedTicks(this.#subscriber, store.prefix, name);
    this.#sender = new FlowSender(store);
    this.#combiner = combiner;
  }

  /**
   * Connects.
   * @throws InvalidInputError for a bad name, policy or URL, InfrastructureError for a Redis that is not reachable or unfit.
   */
  static async open(settings: DroneTaskQueueSettings): Promise<DroneTaskQueue> {
    checkSettings(settings);
    const policy = readPolicy(settings.policy, settings.fleet.file);
    if (settings.redis === undefined)
      throw new InvalidInputError('redis: expected a URL such as redis://127.0.0.1:6379');
    const redis = await openRedis(settings.redis);
    const store = { redis, prefix: settings.prefix ?? DEFAULT_PREFIX };
    const combiner =
      settings.hostCombiner === false
        ? null
        : new Combiner({ store, log: settings.log ?? silentLogger, retention: settings.retention });
    return new DroneTaskQueue(settings, policy, store, combiner);
  }

  /** Leaves the tick to itself: the lane is free once it has ended. For producers that do not stay. */
  async detach(): Promise<void> {
    const { started, span } = this;
    if (started === null) return;
    await detachLane(this.#store, this.name, started.tick, this.#token);
    if (span !== null) endAsDetached(span);
  }

  /** Waits for some seconds while the producer before us may still be alive. */
  override async resume(): Promise<string | null> {
    if (this.started !== null) return this.started.tick;
    await this.#combiner?.start();
    const adopted = await adoptTick(this.#store, this.name, this.#token, this.#closing.signal);
    if (adopted === null) return null;
    const { roster, settings, ...opened } = adopted;
    const { tick, policy } = opened;
    const span = traceResume(this.name, placeOfTick(settings));
    sayTick(span, { tick, policy, size: roster.length });
    const plan = asPlan(roster, (name) => this.#settings.fleet.get(name));
    const outcome = this.#follow({ ...opened, place: span.place, isHeardOf: false }, plan);
    this.take(this.#startedTick(tick, outcome, this.#freeing(tick)), span);
    return tick;
  }

  protected override async letGo(): Promise<void> {
    this.#closing.abort('closed');
    const sent = this.#tidied.then(() => this.#sender.close());
    await Promise.all([within(FAREWELL_MS, sent), this.#combiner?.stop()]);
    await closeRedis(this.#subscriber);
    await closeRedis(this.#store.redis);
  }

  protected override async plan(taken: readonly TakenCalls[], given: Policy): Promise<TickPlan> {
    const plan = planTick(taken, this.#settings.fleet.file, await this.#knownMethods(taken));
    refuseStrangers(given, plan);
    return plan;
  }

  /** Asks who lives only when a call is not of a method that is known here. */
  async #knownMethods(taken: readonly TakenCalls[]): Promise<KnownMethods> {
    const { methods } = this.#settings;
    const strange = taken.some(({ calls }) =>
      calls.some((call) => !Object.hasOwn(methods, call.method)),
    );
    if (!strange) return methods;
    const workers = await livingWorkers(this.#store);
    return Object.assign({}, ...workers.map((worker) => worker.methods), methods) as KnownMethods;
  }

  protected override async start(
    plan: TickPlan,
    given: Policy,
    { wait, onReport, keepResults }: ExecuteOptions,
    span: MusterSpan<'execute'>,
  ): Promise<StartedTick> {
    const { deadlineMs, connectTimeoutMs, attempts } = this.#settings;
    const token = this.#token;
    const policy = formatPolicy(given);
    const isHeardOf = this.#closedTicks.isListening;
    const stays = wait !== false;
    const open = async () => {
      // Only now that the plan is good: a combiner leaves keys in Redis.
      await this.#combiner?.start();
      return openTick(this.#store, {
        lane: this.name,
        token,
        deadlineMs,
        detached: false,
        roster: writeRoster(plan.drones),
        size: plan.drones.length,
        policy,
        settings: writeTickSettings({
          deadlineMs,
          connectTimeoutMs,
          attempts,
          nonce: randomBytes(8).toString('hex'),
          ...writeTrace(span.place),
        }),
        batches: plan.batches,
      });
    };
    const opened = await within(deadlineMs + OVERDUE_MS, open());
    if (opened === LATE)
      throw new InfrastructureError('Redis did not answer until past the deadline');
    if (!opened.ok) {
      const Refusal = opened.refusal === 'running' ? TickInFlightError : UncollectedResultsError;
      throw new Refusal(this.name, opened.tick);
    }
    const { tick, epoch, startedAt } = opened;
    this.sayOpened((reason) => this.#cancelTick(tick, reason));
    const { place } = span;
    const log = this.#settings.log.child({ tick, lane: this.name, ...span.ids });
    const drones = plan.drones.length;
    sayTick(span, { tick, size: drones, policy });
    log.info({ drones, wait: stays }, 'tick opened');
    const free = this.#freeing(tick);
    const outcome = this.#follow({ tick, startedAt, deadlineMs, policy, place, isHeardOf }, plan, {
      onReport,
      keepResults,
      free: stays ? free : undefined,
    });
    const over = new AbortController();
    void outcome.then(() => {
      over.abort('over');
    });
    const toSend = { id: tick, lane: this.name, epoch, policy, deadlineMs };
    const send = () => this.#sender.send(toSend, plan, over.signal);
    const sent = traceSend(place, tick, drones + 1, send).catch((error: unknown) => {
      log.error({ err: error }, 'could not enqueue all drones');
    });
    const takeBack = async () => {
      await sent;
      if (!stays || !wasTakenWhole(await outcome)) await this.#sender.takeBack(toSend, plan);
    };
    this.#tidied = takeBack().catch((error: unknown) => {
      log.warn({ err: error }, 'could not see whether jobs came too late');
    });
    await Promise.race([stays ? sent : this.#tidied, outcome]);
    void warnOfUnserved(this.#store, plan.drones, log, over.signal);
    return this.#startedTick(tick, outcome, free);
  }

  async #cancelTick(tick: string, reason: string): Promise<void> {
    await beginClosing(this.#store, tick, 'cancelled', reason);
  }

  /** Gives how to free the lane of this tick, once. */
  #freeing(tick: string): () => Promise<void> {
    let freed: Promise<unknown> | undefined;
    return async () => {
      // Where Redis does not answer, the lane is free once our lease has ended.
      freed ??= within(FAREWELL_MS, freeLane(this.#store, this.name, tick, this.#token));
      await freed;
    };
  }

  #startedTick(tick: string, outcome: Promise<Outcome>, free: () => Promise<void>): StartedTick {
    return {
      tick,
      outcome,
      isRunning: async () => {
        const facts = await readTickFacts(this.#store, tick);
        return facts !== undefined && facts.state !== 'closed';
      },
      cancel: (reason) => this.#cancelTick(tick, reason),
      free,
    };
  }

  #follow(
    opened: Omit<OpenedTick, 'lane' | 'token'>,
    plan: TickPlan,
    waiting: Waiting = {},
  ): Promise<Outcome> {
    const follow = { ...opened, lane: this.name, token: this.#token };
    const { signal } = this.#closing;
    return followToOutcome(this.#store, this.#closedTicks, follow, plan, waiting, signal);
  }
}
