/** What BullMQ does for a taker of one queue: it waits, keeps locks, recovers what is lost, and takes and ends what is odd. */
import { delay, within } from '@muster/runtime';
import type { TickStore } from '@muster/tick-state';
import { Job, LockManager, Worker, type LockManagerWorkerContext } from 'bullmq';
import { CHILD_OPTIONS } from './child-options.js';
import type { TakenJob } from './exchange-jobs.js';

/** A job of a holder that is gone or frozen comes back after so long, in milliseconds. */
export const LOCK_MS = 5_000;
const STALLED_INTERVAL_MS = 2_000;
/** How often it may. */
const STALLED_MOST = 1_000;
/** Milliseconds before Redis is asked again after trouble. */
export const RETRY_MS = 1_000;

export class BullmqHands {
  readonly #worker: Worker<unknown>;
  readonly #locks: LockManager;
  readonly #onTrouble: (error: Error) => void;
  readonly #over = new AbortController();

  /** `worker`: whose jobs they are then, for people who look at the queue. */
  constructor(
    { redis, prefix }: TickStore,
    queue: string,
    worker: string,
    onTrouble: (error: Error) => void,
  ) {
    const bullmq = new Worker<unknown>(queue, null, {
      connection: redis,
      prefix,
      name: worker,
      autorun: false,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      maxStalledCount: STALLED_MOST,
    });
    bullmq.on('error', onTrouble);
    const keeps: LockManagerWorkerContext = {
      name: queue,
      extendJobLocks: (ids, tokens, duration) => bullmq.extendJobLocks(ids, tokens, duration),
      emit: (event, ...args) => bullmq.emit(event as 'error', ...(args as [Error])),
      trace: (_kind, _operation, _destination, callback) => callback(),
    };
    this.#worker = bullmq;
    this.#locks = new LockManager(keeps, {
      lockDuration: LOCK_MS,
      lockRenewTime: LOCK_MS / 2,
      workerId: bullmq.id,
      workerName: worker,
    });
    this.#onTrouble = onTrouble;
  }

  /** Of this taker alone. */
  get id(): string {
    return this.#worker.id;
  }

  async start(): Promise<void> {
    await this.#worker.waitUntilReady();
    await this.#worker.startStalledCheckTimer();
    this.#locks.start();
  }

  /** The job stays ours until it is let go. */
  keep({ id, token }: TakenJob): void {
    this.#locks.trackJob(id, token, Date.now());
  }

  letGo({ id }: TakenJob): void {
    this.#locks.untrackJob(id);
  }

  /** One job, if there is any. */
  async takeOne(token: string): Promise<TakenJob | undefined> {
    const taken = await this.#worker.getNextJob(token, { block: false });
    const own = taken as Job<unknown> | undefined;
    if (own === undefined) return undefined;
    const { id = '', timestamp: addedAt, parentKey = '', deferredFailure } = own;
    const job = { id, token, data: own.data, addedAt, parentKey };
    return deferredFailure ? { ...job, givenUp: deferredFailure } : job;
  }

  complete(job: TakenJob, value: string): Promise<void> {
    return this.#settle(this.#own(job).moveToCompleted(value, job.token, false));
  }

  fail(job: TakenJob, error: Error): Promise<void> {
    return this.#settle(this.#own(job).moveToFailed(error, job.token, false));
  }

  /** `now` is Redis' clock, milliseconds since 1970. */
  delay({ id, token }: TakenJob, now: number, afterMs: number): Promise<void> {
    const { backend } = this.#worker;
    return this.#settle(backend.moveToDelayed(id, now, afterMs, token, { skipAttempt: true }));
  }

  /**
   * Resolves with true when a job may be there to be taken, or after so many milliseconds; with false when it
   * has stopped waiting for good.
   */
  async wait(milliseconds: number): Promise<boolean> {
    const { backend } = this.#worker;
    try {
      await backend.waitForJob(Math.max(milliseconds / 1_000, backend.minimumBlockTimeout));
      return !this.#over.signal.aborted;
    } catch (error) {
      if (this.#over.signal.aborted) return false;
      this.#onTrouble(error as Error);
      await backend.reconnectBlocking().catch(this.#onTrouble);
      return delay(RETRY_MS, this.#over.signal);
    }
  }

  /** Waits for jobs no more: what it would be woken for is for another. */
  async stopWaiting(): Promise<void> {
    this.#over.abort();
    await within(RETRY_MS, this.#worker.backend.disconnectBlocking()).catch(this.#onTrouble);
  }

  async close(): Promise<void> {
    await this.#locks.close();
    await this.#worker.close().catch(this.#onTrouble);
  }

  /** Leaves without another word to Redis. */
  async disconnect(): Promise<void> {
    this.#over.abort();
    await this.#locks.close();
    await this.#worker.close(true);
  }

  #own({ id }: TakenJob): Job {
    return new Job(this.#worker, '', {}, CHILD_OPTIONS, id);
  }

  /** A job that another has by now, or that has ended, is left to that. */
  async #settle(moved: Promise<unknown>): Promise<void> {
    try {
      await moved;
    } catch (error) {
      if (!isGone(error)) this.#onTrouble(error as Error);
    }
  }
}

/** BullMQ knows no such job: it has ended, and the word of that was lost. */
function isGone(error: unknown): boolean {
  return (error as { code?: unknown }).code === -1;
}
