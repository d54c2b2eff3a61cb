/**
 * Takes the jobs of one queue, many at a time, hands each over to be worked on, and ends it. BullMQ's worker
 * stands behind it: it waits for jobs, keeps their locks, looks for the jobs of workers that are gone, and
 * takes and ends what `exchangeJobs` leaves to it.
 */
import { randomUUID } from 'node:crypto';
import { delay, within } from '@muster/runtime';
import type { TickStore } from '@muster/tick-state';
import {
  Job,
  LockManager,
  UnrecoverableError,
  Worker,
  type LockManagerWorkerContext,
} from 'bullmq';
import { CHILD_OPTIONS } from './child-options.js';
import { exchangeJobs, type EndedJob, type Exchanged, type TakenJob } from './exchange-jobs.js';

/** What became of a job: it is done, or to be delivered again after so many milliseconds. */
type Worked =
  | { readonly kind: 'done'; readonly value: string }
  | { readonly kind: 'again'; readonly afterMs: number };

export interface JobTakerSettings {
  readonly store: TickStore;
  readonly queue: string;
  /** Whose jobs they are then, for people who look at the queue. */
  readonly worker: string;
  /** Jobs in hand at most. */
  readonly places: number;
  /** A job whose work throws fails. */
  readonly work: (job: TakenJob) => Promise<Worked>;
  readonly onFailed: (job: TakenJob, error: unknown) => void;
  /** Redis did not do as it should; it will be asked again. */
  readonly onTrouble: (error: Error) => void;
}

/** A job of a holder that is gone or frozen comes back after so long, in milliseconds. */
const LOCK_MS = 5_000;
const STALLED_INTERVAL_MS = 2_000;
/** How often it may. */
const STALLED_MOST = 1_000;
/** Milliseconds that it waits for a job before it looks whether one is there after all. */
const WAIT_MS = 5_000;
/** The same for a queue of which only BullMQ can take. */
const ODD_MS = 250;
/** Milliseconds before Redis is asked again after trouble. */
const RETRY_MS = 1_000;
/** A part of the places is filled at a time: while some jobs are worked on, others are on their way. */
const PARTS = 4;
/** Jobs ended, and jobs taken, in one exchange at most. */
const MOST = 100;

export class JobTaker {
  readonly #settings: JobTakerSettings;
  readonly #bullmq: Worker<unknown>;
  readonly #locks: LockManager;
  readonly #id = randomUUID();
  #tokens = 0;
  /** Jobs in hand, and jobs that were asked for and have not come. */
  #held = 0;
  #asked = 0;
  /** Jobs whose work is done, and of which Redis does not know that. */
  readonly #ended: EndedJob[] = [];
  #exchanges = 0;
  /** How far Redis' clock is ahead of ours: jobs are delayed by that one. Milliseconds. */
  #clockMs = 0;
  #isExchangeDue = false;
  #isWoken = false;
  #isWaiting = false;
  #isLookDue = false;
  #isClosing = false;
  readonly #done: Promise<void>;
  #sayDone: () => void = () => undefined;
  readonly #over = new AbortController();

  constructor(settings: JobTakerSettings) {
    this.#settings = settings;
    const { store, queue, worker, onTrouble } = settings;
    this.#bullmq = new Worker<unknown>(queue, null, {
      connection: store.redis,
      prefix: store.prefix,
      name: worker,
      autorun: false,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      maxStalledCount: STALLED_MOST,
    });
    this.#bullmq.on('error', onTrouble);
    const bullmq = this.#bullmq;
    const keeps: LockManagerWorkerContext = {
      name: queue,
      extendJobLocks: (ids, tokens, duration) => bullmq.extendJobLocks(ids, tokens, duration),
      emit: (event, ...args) => bullmq.emit(event as 'error', ...(args as [Error])),
      trace: (_kind, _operation, _destination, callback) => callback(),
    };
    this.#locks = new LockManager(keeps, {
      lockDuration: LOCK_MS,
      lockRenewTime: LOCK_MS / 2,
      workerId: this.#id,
      workerName: worker,
    });
    this.#done = new Promise((resolve) => {
      this.#sayDone = resolve;
    });
  }

  /** Resolves once it takes jobs. */
  async start(): Promise<void> {
    await this.#bullmq.waitUntilReady();
    await this.#bullmq.startStalledCheckTimer();
    this.#locks.start();
    this.#exchangeSoon();
  }

  /** Takes no more jobs; resolves once those in hand have ended, and Redis knows. */
  async close(): Promise<void> {
    const { onTrouble } = this.#settings;
    this.#isClosing = true;
    // What it is woken for from now on is for another, so it must not wait any more; and it looks once whether it was.
    await within(RETRY_MS, this.#bullmq.backend.disconnectBlocking()).catch(onTrouble);
    this.#exchangeSoon(true);
    await this.#done;
    this.#over.abort();
    await this.#locks.close();
    await this.#bullmq.close().catch(onTrouble);
  }

  /** Leaves without another word. */
  async disconnect(): Promise<void> {
    this.#isClosing = true;
    this.#over.abort();
    this.#sayDone();
    await this.#locks.close();
    await this.#bullmq.close(true);
  }

  get #room(): number {
    return this.#isClosing ? 0 : this.#settings.places - this.#held - this.#asked;
  }

  /**
   * Once in a turn of the event loop, behind what the work itself asks of Redis in it.
   * Whoever was woken has to look also without room: while there are jobs, another one is woken then.
   */
  #exchangeSoon(isWoken = false): void {
    this.#isWoken ||= isWoken;
    if (this.#isExchangeDue) return;
    this.#isExchangeDue = true;
    process.nextTick(() => {
      this.#isExchangeDue = false;
      const part = Math.ceil(this.#settings.places / PARTS);
      const most = Math.max(0, Math.min(this.#room, part, MOST));
      const ended = this.#ended.splice(0, MOST);
      if (this.#ended.length > 0) this.#exchangeSoon();
      if (most > 0 || ended.length > 0 || this.#isWoken) void this.#exchange(ended, most);
      else this.#leaveWhenDone();
    });
  }

  async #exchange(ended: readonly EndedJob[], most: number): Promise<void> {
    const { store, queue, worker, onTrouble } = this.#settings;
    const wasWoken = this.#isWoken;
    this.#isWoken = false;
    this.#asked += most;
    this.#exchanges += 1;
    const token = this.#newToken();
    let exchanged: Exchanged | undefined;
    try {
      const question = { queue, worker, lockMs: LOCK_MS, ended, most, token };
      exchanged = await exchangeJobs(store, question);
    } catch (error) {
      this.#ended.push(...ended);
      onTrouble(error as Error);
      void this.#retry(wasWoken);
    }
    this.#asked -= most;
    this.#exchanges -= 1;
    if (exchanged !== undefined) this.#goOn(exchanged);
    this.#leaveWhenDone();
  }

  #goOn({ left, jobs, rest, nextInMs, at }: Exchanged): void {
    this.#clockMs = at - Date.now();
    for (const { job, value } of left)
      void this.#settle(job, (own) => own.moveToCompleted(value, job.token, false));
    for (const job of jobs) void this.#work(job);
    if (rest === 'some') this.#exchangeSoon();
    else if (this.#room > 0) void (rest === 'odd' ? this.#takeOdd() : this.#wait(nextInMs));
  }

  async #work(job: TakenJob): Promise<void> {
    const { id, token } = job;
    this.#held += 1;
    this.#locks.trackJob(id, token, Date.now());
    try {
      if (job.givenUp !== undefined) throw new UnrecoverableError(job.givenUp);
      const worked = await this.#settings.work(job);
      if (worked.kind === 'again') {
        const { afterMs } = worked;
        const now = Date.now() + this.#clockMs;
        const { backend } = this.#bullmq;
        void this.#settle(job, () =>
          backend.moveToDelayed(id, now, afterMs, token, { skipAttempt: true }),
        );
      } else this.#ended.push({ job, value: worked.value });
    } catch (error) {
      this.#settings.onFailed(job, error);
      const reason = error instanceof Error ? error : new Error(String(error));
      void this.#settle(job, (own) => own.moveToFailed(reason, token, false));
    }
    this.#locks.untrackJob(id);
    this.#held -= 1;
    this.#exchangeSoon();
  }

  /** Has BullMQ do what becomes of a job; one that another taker has by now is left to that. */
  async #settle(job: TakenJob, move: (own: Job) => Promise<unknown>): Promise<void> {
    this.#held += 1;
    try {
      await move(new Job(this.#bullmq, '', {}, CHILD_OPTIONS, job.id));
    } catch (error) {
      if (!isGone(error)) this.#settings.onTrouble(error as Error);
    }
    this.#held -= 1;
    this.#exchangeSoon();
  }

  /** One of the jobs that only BullMQ can take. */
  async #takeOdd(): Promise<void> {
    const token = this.#newToken();
    this.#asked += 1;
    const own = await this.#bullmq
      .getNextJob(token, { block: false })
      .catch(this.#settings.onTrouble);
    this.#asked -= 1;
    if (own === undefined) {
      // Nothing wakes whoever waits for the end of a limit.
      if (this.#room > 0) void this.#wait(ODD_MS);
      this.#leaveWhenDone();
      return;
    }
    const { id = '', timestamp: addedAt, parentKey = '', deferredFailure } = own;
    const job = { id, token, data: own.data, addedAt, parentKey };
    void this.#work(deferredFailure ? { ...job, givenUp: deferredFailure } : job);
    this.#exchangeSoon();
  }

  /** Until there may be a job to take, one is due in so many milliseconds, or enough time has passed. */
  async #wait(nextInMs = WAIT_MS): Promise<void> {
    if (this.#isWaiting) {
      if (nextInMs < WAIT_MS) void this.#lookIn(nextInMs);
      return;
    }
    this.#isWaiting = true;
    const { backend } = this.#bullmq;
    const seconds = Math.max(Math.min(nextInMs, WAIT_MS) / 1_000, backend.minimumBlockTimeout);
    try {
      await backend.waitForJob(seconds);
    } catch (error) {
      if (this.#isClosing) return;
      this.#settings.onTrouble(error as Error);
      await backend.reconnectBlocking().catch(this.#settings.onTrouble);
      await delay(RETRY_MS, this.#over.signal);
    } finally {
      this.#isWaiting = false;
    }
    if (!this.#isClosing) this.#exchangeSoon(true);
  }

  /** It waits already, for longer; once is enough. */
  async #lookIn(milliseconds: number): Promise<void> {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    const isTime = await delay(milliseconds, this.#over.signal);
    this.#isLookDue = false;
    if (isTime) this.#exchangeSoon();
  }

  async #retry(isWoken: boolean): Promise<void> {
    if (await delay(RETRY_MS, this.#over.signal)) this.#exchangeSoon(isWoken);
  }

  #newToken(): string {
    this.#tokens += 1;
    return `${this.#id}:${String(this.#tokens)}`;
  }

  #leaveWhenDone(): void {
    const isBusy = this.#held + this.#asked + this.#exchanges + this.#ended.length > 0;
    if (this.#isClosing && !isBusy) this.#sayDone();
  }
}

/** BullMQ knows no such job: it has ended, and the word of that was lost. */
function isGone(error: unknown): boolean {
  return (error as { code?: unknown }).code === -1;
}
