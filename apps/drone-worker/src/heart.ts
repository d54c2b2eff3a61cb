/** A worker's heartbeat: it says in Redis that the worker lives, and hears which of its ticks are closing. */
import type { Presence } from '@muster/protocol';
import { delay, LATE, timeRedis, within, type Logger } from '@muster/runtime';
import { heartbeat, TIMING, type ClosingNotice, type TickStore } from '@muster/tick-state';

export interface HeartSettings {
  readonly store: TickStore;
  readonly log: Logger;
  /** Who the worker is, now. */
  readonly presence: () => Presence;
  /** Ticks of which it holds batches. */
  readonly ticks: () => string[];
  readonly onClosing: (closing: Omit<ClosingNotice, 'kind'>) => void;
  /** Redis does not answer: the connections are to be made anew. */
  readonly onDeaf: () => void;
}

/** Milliseconds that Redis may take to answer a heartbeat before the link counts as dead. */
const DEAF_MS = 4_000;

export class Heart {
  readonly #stopped = new AbortController();
  #beating = Promise.resolve();

  constructor(private readonly settings: HeartSettings) {}

  /** Resolves after the first beat. Rejects when Redis refuses that. */
  async start(): Promise<void> {
    await this.#beat();
    this.#beating = this.#keepBeating();
  }

  /** Resolves once it is still. */
  stop(): Promise<void> {
    this.#stopped.abort();
    return this.#beating;
  }

  async #keepBeating(): Promise<void> {
    const { log, onDeaf } = this.settings;
    while (await delay(TIMING.heartbeatMs, this.#stopped.signal)) {
      try {
        if ((await within(DEAF_MS, this.#beat())) !== LATE) continue;
        log.warn('Redis does not answer: connecting anew');
        // A half-open link says nothing for many minutes. What was asked is asked again.
        onDeaf();
      } catch (error) {
        log.warn({ err: error }, 'could not say that the worker lives');
      }
    }
  }

  async #beat(): Promise<void> {
    const { store, presence, ticks, onClosing } = this.settings;
    const beat = () => heartbeat(store, presence(), ticks());
    for (const closing of await timeRedis('heartbeat', beat)) onClosing(closing);
  }
}
