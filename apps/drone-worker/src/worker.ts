/** The drone-worker: takes the batches of the sites and drones that it serves, and executes them. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { droneQueue, LIMITS, parseTickId, siteQueue, type Presence } from '@muster/protocol';
import type { DroneEntry, Fleet } from '@muster/fleet';
import { delay, LATE, seldom, Service, systemClock, within, type Logger } from '@muster/runtime';
import {
  leave,
  leaseName,
  type ClosingReason,
  type ControlNotice,
  type TickStore,
} from '@muster/tick-state';
import { JobTaker } from '@muster/jobs';
import { Queue } from 'bullmq';
import { BatchSource } from './batch/batch-source.js';
import { CallSlots } from './batch/call-slots.js';
import { endLost } from './batch/end-lost.js';
import { executeBatch, type BatchDependencies } from './batch/execute-batch.js';
import { HeldBatches } from './batch/held-batches.js';
import { ControlChannel } from './control-channel.js';
import { Heart } from './heart.js';
import { observeWorker } from './observe-worker.js';
import { ownMethods, type MethodRegistry } from './methods/registry.js';
import { TransferSlots } from './transfer/transfer-slots.js';
import type { SshPoolOptions } from './transport/ssh/index.js';
import { createTransports, type Transports } from './transport/transports.js';

export interface WorkerSettings {
  readonly store: TickStore;
  /** Sites whose `ssh` and `local` drones it serves. */
  readonly sites: readonly string[];
  /** `agent` drones that it runs on. */
  readonly drones: readonly string[];
  /** Who the drones are; may be left out by a worker that serves its own drones only. */
  readonly fleet?: Fleet | undefined;
  readonly methods: MethodRegistry;
  /** Batches at once, at most. */
  readonly concurrency: number;
  /** How long running batches may take when it is told to stop, in milliseconds. */
  readonly drainMs: number;
  /** Its SSH connections. */
  readonly ssh?: Pick<SshPoolOptions, 'idleMs' | 'maxConnections'>;
  readonly version: string;
  readonly log: Logger;
}

/** Milliseconds for each of the last words to Redis: a worker that is cut off must be able to leave. */
const FAREWELL_MS = 2_000;

export class DroneWorker extends Service {
  /** `host:pid`; a second worker of the same process gets a number behind it. */
  readonly id: string;
  readonly #lease: string;
  readonly #settings: WorkerSettings;
  readonly #held = new HeldBatches();
  readonly #startedAt = new Date().toISOString();
  #takers: JobTaker[] = [];
  #transports: Transports | undefined;
  #control: ControlChannel | undefined;
  #heart: Heart | undefined;
  #unobserve: (() => void) | undefined;
  #leaveNow = new AbortController();

  static #count = 0;

  constructor(settings: WorkerSettings) {
    super();
    this.#settings = settings;
    const nth = DroneWorker.#count;
    DroneWorker.#count += 1;
    this.id = `${hostname()}:${String(process.pid)}${nth === 0 ? '' : `.${String(nth)}`}`;
    this.#lease = leaseName(this.id, randomBytes(4).toString('hex'));
  }

  /** Do not wait for running batches any more: end them, and report what became of them. */
  hurry(): void {
    this.#leaveNow.abort();
  }

  protected override async onStart(): Promise<void> {
    const { store, log, sites, drones, fleet, ssh } = this.#settings;
    this.#leaveNow = new AbortController();
    const droneEntry = (name: string) => fleet?.get(name) ?? this.#ownDrone(name);
    const transports = createTransports((name) => fleet?.get(name), log, ssh);
    this.#transports = transports;
    this.#unobserve = observeWorker(this.#held, transports);
    const deps: BatchDependencies = {
      store,
      worker: this.id,
      lease: this.#lease,
      droneEntry,
      transportOf: transports.of,
      methods: this.#settings.methods,
      batches: new BatchSource(store),
      held: this.#held,
      slots: new CallSlots(),
      transfers: new TransferSlots(),
      clock: systemClock,
      log,
    };
    const control = await ControlChannel.open(store, log, (notice) => {
      this.#heed(notice, deps);
    });
    this.#control = control;
    this.#heart = new Heart({
      store,
      log,
      presence: () => this.#presence(),
      ticks: () => this.#held.ticks,
      onClosing: ({ tick, reason, text }) => {
        this.#stopTick(tick, reason, text);
      },
      onDeaf: () => {
        store.redis.disconnect(true);
        control.reconnect();
      },
    });
    await this.#heart.start();
    const queues = [...sites.map(siteQueue), ...drones.map(droneQueue)];
    await Promise.all(queues.map((queue) => keepFewEvents(store, queue)));
    this.#takers = queues.map((queue) => this.#taker(queue, deps));
    await Promise.all(this.#takers.map((taker) => taker.start()));
  }

  protected override async onStop(): Promise<void> {
    const { store, log, drainMs } = this.#settings;
    const takers = this.#takers;
    this.#takers = [];
    const drained = Promise.all(takers.map((taker) => taker.close())).then(() => 'drained');
    const late = delay(drainMs, this.#leaveNow.signal).then(() => 'late');
    const { signal } = this.#leaveNow;
    const nothingHeld = this.#holdsNothing(signal).then(() =>
      signal.aborted ? 'late' : 'nothing held',
    );
    const why = await Promise.race([drained, late, nothingHeld]);
    if (why === 'late') {
      if (this.#held.count > 0)
        log.warn({ active: this.#held.count }, 'ending the batches that still run');
      this.#held.stopAll({ kind: 'worker-leaves' });
    }
    if (why === 'nothing held' || (await within(FAREWELL_MS, drained)) === LATE) {
      log.warn({ active: this.#held.count }, 'Redis does not answer: leaving without a word');
      for (const taker of takers) taker.disconnect().catch(() => undefined);
    }
    this.#leaveNow.abort();
    await within(FAREWELL_MS, this.#heart?.stop() ?? Promise.resolve());
    this.#heart = undefined;
    await within(FAREWELL_MS, leave(store, this.#lease)).catch(() => undefined);
    await this.#control?.close();
    this.#control = undefined;
    this.#unobserve?.();
    await this.#transports?.close();
    this.#transports = undefined;
  }

  /** Resolves when it has held no batch for so long that Redis would have let it go. */
  async #holdsNothing(signal: AbortSignal): Promise<void> {
    let since = performance.now();
    while (await delay(FAREWELL_MS / 10, signal)) {
      if (this.#held.count > 0) since = performance.now();
      else if (performance.now() - since > FAREWELL_MS) return;
    }
  }

  #taker(queue: string, deps: BatchDependencies): JobTaker {
    const { store, log, concurrency } = this.#settings;
    return new JobTaker({
      store,
      queue,
      worker: this.id,
      places: concurrency,
      work: async ({ data, addedAt }) => {
        const executed = await executeBatch({ data, queue, enqueuedAt: addedAt }, deps);
        if (executed.kind === 'again') return executed;
        const value = executed.kind === 'reported' ? executed.report.outcome : executed.why;
        return { kind: 'done', value };
      },
      onFailed: ({ id, data }, error) => {
        const { tick, lane, drone } = Object(data) as Record<string, unknown>;
        log.error({ tick, lane, drone, job: id, queue, err: error }, 'batch could not be executed');
      },
      onTrouble: seldom((error: Error) => {
        log.warn({ queue, err: error }, 'trouble with the queue');
      }),
    });
  }

  #heed(notice: ControlNotice, deps: BatchDependencies): void {
    if (notice.kind === 'closing') {
      this.#stopTick(notice.tick, notice.reason, notice.text);
      return;
    }
    for (const name of notice.drones[this.#lease] ?? []) {
      const drone = deps.droneEntry(name);
      if (drone === undefined) continue;
      // The mistakes of a drone's configuration are among what can go wrong.
      const ended = async () => endLost(deps.store, notice.tick, drone, deps.transportOf(drone));
      ended().catch((error: unknown) => {
        const { tick } = notice;
        const about = { tick, lane: parseTickId(tick)?.lane, drone: name, err: error };
        deps.log.warn(about, 'could not end what was lost');
      });
    }
  }

  #stopTick(tick: string, reason: ClosingReason, text: string): void {
    this.#held.stopTick(
      tick,
      reason === 'deadline' ? { kind: 'deadline' } : { kind: 'cancelled', text },
    );
  }

  #presence(): Presence {
    const { sites, drones, version, concurrency, methods } = this.#settings;
    return {
      id: this.id,
      lease: this.#lease,
      sites,
      drones,
      version,
      concurrency,
      active: this.#held.count,
      startedAt: this.#startedAt,
      methods: ownMethods(methods),
    };
  }

  /** What is known of a drone that this worker runs on, where no fleet file says more. */
  #ownDrone(name: string): DroneEntry | undefined {
    if (!this.#settings.drones.includes(name)) return undefined;
    return { name, address: name, transport: 'agent', site: 'default', enabled: true, tags: [] };
  }
}

/** Each queue has a stream of events, of which BullMQ would keep 10,000. */
async function keepFewEvents({ redis, prefix }: TickStore, name: string): Promise<void> {
  const streams = { events: { maxLen: LIMITS.queueEvents } };
  const queue = new Queue(name, { connection: redis, prefix, streams });
  queue.on('error', () => undefined);
  // Answers once the queue's settings are stored.
  await queue.getVersion();
  await queue.close();
}
