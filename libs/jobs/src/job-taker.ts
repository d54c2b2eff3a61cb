/**
 * Takes the jobs of one queue, many at a time, hands each over to be worked on, and ends it. What
 * `exchangeJobs` does not do, BullMQ does for it.
 */
import { delay } from '@muster/runtime';
import type { TickStore } from '@muster/tick-state';
import { BullmqHands, LOCK_MS, RETRY_MS } from './bullmq-hands.js';
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

/** Milliseconds that it waits for a job before it looks whether one is there after all. */
const WAIT_MS = 5_000;
/** The same for a queue of which only BullMQ can take: nothing wakes whoever waits for the end of a limit. */
const ODD_MS = 250;
/** A part of the places is filled at a time: while some jobs are worked on, others are on their way. */
const PARTS = 4;
/** Jobs ended, and jobs taken, in one exchange at most. */
const MOST = 100;

export class JobTaker {
  readonly #settings: JobTakerSettings;
  readonly #bullmq: BullmqHands;
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
    const { store, queue, worker, onTrouble } = settings;
    this.#settings = settings;
    this.#bullmq = new BullmqHands(store, queue, worker, onTrouble);
    this.#done = new Promise((resolve) => {
      this.#sayDone = resolve;
    });
  }

  /** Resolves once it takes jobs. */
  async start(): Promise<void> {
    await this.#bullmq.start();
    this.#exchangeSoon();
  }

  /** Takes no more jobs; resolves once those in hand have ended, and Redis knows. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#bullmq.stopWaiting();
    // It may have been woken just now.
    this.#exchangeSoon(true);
    await this.#done;
    this.#over.abort();
    await this.#bullmq.close();
  }

  /** Leaves without another word. */
  async disconnect(): Promise<void> {
    this.#isClosing = true;
    this.#over.abort();
    this.#sayDone();
    await this.#bullmq.disconnect();
  }

  get #room(): number {
    return this.#isClosing ? 0 : this.#settings.places - this.#held - this.#asked;
  }

  /**
   * Once in a turn of the event loop, and with the next: so it goes out behind what the work itself asks of Redis.
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
    for (const { job, value } of left) void this.#settle(this.#bullmq.complete(job, value));
    for (const job of jobs) void this.#work(job);
    if (rest === 'some') this.#exchangeSoon();
    else if (this.#room > 0) void (rest === 'odd' ? this.#takeOdd() : this.#wait(nextInMs));
  }

  async #work(job: TakenJob): Promise<void> {
    this.#held += 1;
    this.#bullmq.keep(job);
    try {
      if (job.givenUp !== undefined) throw new Error(job.givenUp);
      const worked = await this.#settings.work(job);
      if (worked.kind === 'again') {
        const now = Date.now() + this.#clockMs;
        void this.#settle(this.#bullmq.delay(job, now, worked.afterMs));
      } else this.#ended.push({ job, value: worked.value });
    } catch (error) {
      this.#settings.onFailed(job, error);
      const reason = error instanceof Error ? error : new Error(String(error));
      void this.#settle(this.#bullmq.fail(job, reason));
    }
    this.#bullmq.letGo(job);
    this.#held -= 1;
    this.#exchangeSoon();
  }

  /** The job is in hand until BullMQ has done with it. */
  async #settle(done: Promise<void>): Promise<void> {
    this.#held += 1;
    await done;
    this.#held -= 1;
    this.#exchangeSoon();
  }

  /** One of the jobs that only BullMQ can take. */
  async #takeOdd(): Promise<void> {
    this.#asked += 1;
    const job = await this.#bullmq.takeOne(this.#newToken()).catch((error: unknown) => {
      this.#settings.onTrouble(error as Error);
    });
    this.#asked -= 1;
    if (job) {
      void this.#work(job);
      this.#exchangeSoon();
    } else if (this.#room > 0) void this.#wait(ODD_MS);
    this.#leaveWhenDone();
  }

  /** Until there may be a job to take, one is due in so many milliseconds, or enough time has passed. */
  async #wait(nextInMs = WAIT_MS): Promise<void> {
    if (this.#isWaiting) {
      if (nextInMs < WAIT_MS) void this.#lookIn(nextInMs);
      return;
    }
    this.#isWaiting = true;
    const mayBe = await this.#bullmq.wait(Math.min(nextInMs, WAIT_MS));
    this.#isWaiting = false;
    if (mayBe) this.#exchangeSoon(true);
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
    return `${this.#bullmq.id}:${String(this.#tokens)}`;
  }

  #leaveWhenDone(): void {
    const isBusy = this.#held + this.#asked + this.#exchanges + this.#ended.length > 0;
    if (this.#isClosing && !isBusy) this.#sayDone();
  }
}
