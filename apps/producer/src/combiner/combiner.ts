/**
 * Combines ticks and enforces their deadlines. Any number may run: each step is decided by
 * the tick's state in Redis, so it does not matter which of them takes it, nor how often.
 */
import { TICKS_QUEUE } from '@muster/protocol';
import {
  delay,
  LATE,
  seldom,
  Service,
  timeRedis,
  within,
  type Logger,
  type TracePlace,
} from '@muster/runtime';
import {
  awaitClose,
  beginClosing,
  dropDeadline,
  dueTicks,
  lookLater,
  placeOfTick,
  readTickFacts,
  writeRetention,
  type Retention,
  type RosterEntry,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';
import { DelayedError, UnrecoverableError, Worker, type Job } from 'bullmq';
import { FlowJanitor } from './clean-up.js';
import { tryToClose } from './close-tick.js';
import { traceCombine, traceParent } from './combine-trace.js';
import { askToEndLost } from './end-lost.js';
import { TickForgetter } from './forget-ticks.js';
import { observeWorkers } from './observe-workers.js';

export interface CombinerSettings {
  readonly store: TickStore;
  readonly log: Logger;
  /**
   * How many ticks the installation keeps, and for how long, from now on; by default what it was
   * told last, which is 1,000 and 7 days where nobody has.
   */
  readonly retention?: Retention | undefined;
}

/** How often deadlines are looked at when none is near, in milliseconds. */
const SWEEP_MS = 250;

/** How long the flows of its last ticks may take to end when it stops, in milliseconds. */
const LAST_FLOWS_MS = 1_000;

/** Milliseconds for its last words: a combiner that is cut off from Redis must be able to leave. */
const FAREWELL_MS = 2_000;

/** The reports of a tick of so many drones are read in one piece. */
const SMALL = 500;

/** How the parent's queue is served. A parent that a lost combiner held is another's soon. */
const BULLMQ = {
  concurrency: 8,
  lockDuration: 5_000,
  stalledInterval: 2_500,
  maxStalledCount: 1_000,
  drainDelay: 5,
} as const;

export class Combiner extends Service {
  readonly #settings: CombinerSettings;
  #parents: Worker | undefined;
  #janitor: FlowJanitor | undefined;
  /** Whether a flow has ended here since it was looked which ticks may be forgotten. */
  #tickEnded = false;
  #unobserve: (() => void) | undefined;
  /** Ticks that are closed, and whose flow has not ended yet. */
  readonly #untidy = new Set<string>();
  #sweeping: { stop: AbortController; done: Promise<void> } | undefined;

  constructor(settings: CombinerSettings) {
    super();
    this.#settings = settings;
  }

  protected override async onStart(): Promise<void> {
    const { store, log, retention } = this.#settings;
    if (retention !== undefined) await writeRetention(store, retention);
    const janitor = new FlowJanitor(store);
    this.#janitor = janitor;
    this.#unobserve = observeWorkers(store);
    const combineTick = (job: Job<unknown, unknown>, token?: string) => this.#endParent(job, token);
    this.#parents = new Worker(TICKS_QUEUE, combineTick, {
      connection: store.redis,
      prefix: store.prefix,
      ...BULLMQ,
    });
    const onTrouble = (error: Error) => {
      log.warn({ err: error }, 'trouble with the queue of ticks');
    };
    this.#parents.on('error', seldom(onTrouble));
    this.#parents.on('completed', (job: Job<unknown, unknown>) => void this.#flowEnded(job));
    this.#parents.on('failed', (job, error) => {
      // Any other error says nothing of the tick: it may be open.
      if (error instanceof UnrecoverableError) void this.#flowEnded(job);
    });
    const stop = new AbortController();
    this.#sweeping = { stop, done: this.#sweep(janitor, stop.signal) };
    await this.#parents.waitUntilReady();
  }

  protected override async onStop(): Promise<void> {
    this.#sweeping?.stop.abort();
    this.#unobserve?.();
    const farewell = async () => {
      await this.#sweeping?.done;
      if (this.#janitor !== undefined) await this.#finishFlows(this.#janitor);
      await this.#parents?.close();
      await this.#janitor?.close();
    };
    if ((await within(FAREWELL_MS, farewell())) === LATE) {
      this.#settings.log.warn('Redis does not answer: leaving without a word');
      this.#parents?.disconnect().catch(() => undefined);
    }
    this.#sweeping = undefined;
    this.#parents = undefined;
    this.#janitor = undefined;
  }

  /**
   * The parent's job: it runs when the last child is in, closes the tick unless that was
   * done, and ends as the stored record has it.
   */
  async #endParent(job: Job<unknown, unknown>, token: string | undefined): Promise<unknown> {
    const tick = job.id ?? '';
    const began = Date.now();
    const attempt = await tryToClose(this.#settings.store, tick, sizeOf(job) <= SMALL);
    if (attempt.reply === 'gone') {
      // Forgotten already, so nobody would remove this job either.
      job.opts.removeOnFail = true;
      throw new UnrecoverableError(`tick ${tick} is gone`);
    }
    if (attempt.reply === 'early') {
      // A child was lost on the way. The deadline will tell; until then the parent waits.
      await job.moveToDelayed(Date.now() + SWEEP_MS * 2, token);
      throw new DelayedError();
    }
    const isKnown = attempt.facts.state === 'closed';
    const { verdict } = isKnown
      ? attempt.facts
      : ((await readTickFacts(this.#settings.store, tick)) ?? { verdict: null });
    const span = traceParent(attempt.facts, verdict, began);
    if (attempt.reply === 'closed') this.#sayClosed(attempt.facts, span.place, began);
    span.end();
    if (verdict?.status === 'ok') return { status: verdict.status, counts: verdict.counts };
    const failure = new UnrecoverableError(verdict?.message ?? `tick ${tick} is gone`);
    // BullMQ keeps the stack for people who look at the queue: where it was thrown tells them nothing.
    failure.stack = failure.message;
    throw failure;
  }

  /** Nothing of this tick is left to be looked at. Should this be lost, the sweep finds the same. */
  async #flowEnded(job: Job<unknown, unknown> | undefined): Promise<void> {
    if (job?.id === undefined) return;
    this.#tickEnded = true;
    await dropDeadline(this.#settings.store, job.id).catch(() => undefined);
  }

  async #sweep(janitor: FlowJanitor, signal: AbortSignal): Promise<void> {
    const forgetter = new TickForgetter(this.#settings.store, janitor);
    let pauseMs: number;
    do {
      pauseMs = SWEEP_MS;
      try {
        const { ticks, nextMs } = await timeRedis('sweep', () => dueTicks(this.#settings.store));
        pauseMs = Math.min(SWEEP_MS, nextMs);
        await Promise.all(ticks.map((tick) => this.#attend(tick, janitor)));
        const tickEnded = this.#tickEnded || ticks.length > 0;
        this.#tickEnded = false;
        await forgetter.look(tickEnded);
      } catch (error) {
        this.#settings.log.warn({ err: error }, 'could not look at the deadlines');
      }
    } while (await delay(pauseMs, signal));
  }

  /** Whatever the tick needs now: begin to close, close, or clear away what is left of its flow. */
  async #attend(tick: string, janitor: FlowJanitor): Promise<void> {
    const { store } = this.#settings;
    const startedAt = Date.now();
    // Asked in one go, in this order: there is little time at a deadline.
    const [began, tried] = await Promise.all([
      beginClosing(store, tick, 'deadline'),
      tryToClose(store, tick),
    ]);
    const begun = began === 'begun';
    const wasOpen = tried.reply === 'early' && tried.facts.state === 'open';
    const attempt = begun && wasOpen ? await tryToClose(store, tick) : tried;
    if (attempt.reply === 'gone') {
      await dropDeadline(store, tick);
      return;
    }
    if (attempt.reply === 'closed')
      this.#sayClosed(attempt.facts, placeOfTick(attempt.facts.settings), startedAt);
    if (attempt.reply === 'early') {
      await this.#awaitLast(attempt.facts, attempt.unreported, begun);
      return;
    }
    if (attempt.reply !== 'closed' && attempt.reply !== 'already') return;
    this.#untidy.add(tick);
    if (await janitor.tidy(tick, attempt.unreported)) {
      this.#untidy.delete(tick);
      await dropDeadline(store, tick);
    } else {
      await lookLater(store, tick, SWEEP_MS * 2);
    }
  }

  /**
   * A closing tick waits for its last reports. What lost workers have left running is ended at
   * once by others, and past the time that a worker needs to end its own, what any of them has.
   */
  async #awaitLast(
    facts: TickFacts,
    unreported: readonly RosterEntry[],
    begun: boolean,
  ): Promise<void> {
    const { store } = this.#settings;
    const { tick, state, closeAt } = facts;
    if (state !== 'closing' || closeAt === null) return;
    await askToEndLost(store, tick, unreported, begun ? 'lost' : 'silent');
    if (!begun) await awaitClose(store, tick, closeAt);
  }

  /** Where it is the only combiner, nobody else would clear away what its last ticks left. */
  async #finishFlows(janitor: FlowJanitor): Promise<void> {
    const patience = AbortSignal.timeout(LAST_FLOWS_MS);
    while (this.#untidy.size > 0 && !patience.aborted) {
      for (const tick of this.#untidy) await this.#attend(tick, janitor).catch(() => undefined);
      if (this.#untidy.size > 0) await delay(LAST_FLOWS_MS / 20, patience);
    }
  }

  #sayClosed(facts: TickFacts, under: TracePlace | undefined, startedAt: number): void {
    const { ids } = traceCombine(facts, under, startedAt);
    const { tick, lane, verdict } = facts;
    const failure = verdict?.message ?? undefined;
    const about = { tick, lane, ...ids, status: verdict?.status, failure };
    this.#settings.log.info(about, 'tick closed');
  }
}

/** The number of drones that a parent's job says its tick has. */
function sizeOf({ data }: Job<unknown, unknown>): number {
  const { drones } = Object(data) as { drones?: unknown };
  return typeof drones === 'number' ? drones : Infinity;
}
