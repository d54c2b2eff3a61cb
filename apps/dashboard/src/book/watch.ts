/** One loop that looks for news, for all who watch; none where nobody does. */
import type { RollChange } from '@muster/dashboard-pages/views';
import { delay, LATE, within, type Logger } from '@muster/runtime';
import type { TickStore } from '@muster/tick-state';
import type { RollBook } from './roll-book.js';

export type News =
  | { readonly kind: 'roll'; readonly change: RollChange }
  /** A tick runs: whoever shows it looks again. */
  | { readonly kind: 'beat' }
  /** Redis does not answer; null once it does again. */
  | { readonly kind: 'trouble'; readonly text: string | null };

const LOOK_MS = 1_000;
/** Longer than Redis takes when it is well. */
const PATIENCE_MS = 3_000;

export class Watch {
  readonly #book: RollBook;
  readonly #store: TickStore;
  readonly #log: Logger;
  readonly #watchers = new Set<(news: News) => void>();
  #looking: { stop: AbortController; done: Promise<void> } | undefined;
  #trouble: string | null = null;

  constructor(store: TickStore, book: RollBook, log: Logger) {
    this.#store = store;
    this.#book = book;
    this.#log = log;
    book.onChange = (change) => {
      this.#tell({ kind: 'roll', change });
    };
  }

  /** What is wrong now, or null. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Gives the way to stop watching. */
  add(watcher: (news: News) => void): () => void {
    this.#watchers.add(watcher);
    if (this.#looking === undefined) {
      const stop = new AbortController();
      this.#looking = { stop, done: this.#look(stop.signal) };
    }
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) void this.stop();
    };
  }

  async stop(): Promise<void> {
    const looking = this.#looking;
    this.#looking = undefined;
    looking?.stop.abort();
    await looking?.done;
  }

  async #look(signal: AbortSignal): Promise<void> {
    do {
      await this.#refresh();
      if (signal.aborted) return;
      if (this.#trouble === null && this.#book.isRunning) this.#tell({ kind: 'beat' });
    } while (await delay(LOOK_MS, signal));
  }

  async #refresh(): Promise<void> {
    try {
      // Where it is away, asking would only make a queue of questions.
      if (this.#store.redis.status !== 'ready') throw new Error('Redis is away; trying again');
      const found = await within(PATIENCE_MS, this.#book.refresh());
      if (found === LATE) throw new Error('Redis does not answer; trying again');
      this.#setTrouble(null);
    } catch (error) {
      this.#setTrouble(error instanceof Error ? error.message : String(error));
    }
  }

  #setTrouble(text: string | null): void {
    if (text === this.#trouble) return;
    this.#trouble = text;
    if (text === null) this.#log.info('Redis answers again');
    else this.#log.warn({ why: text }, 'could not look for news');
    this.#tell({ kind: 'trouble', text });
  }

  #tell(news: News): void {
    for (const watcher of this.#watchers) watcher(news);
  }
}
