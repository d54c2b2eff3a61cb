/**
 * Waiting for room among the channels of one connection. Servers allow only so many (OpenSSH:
 * MaxSessions, 10 by default) and do not say how many: the limit is learned from refusals.
 */
import { SessionLostError } from '../shell.js';
import { LearnedLimit } from './learned-limit.js';

/** A server may have room again without a channel of ours closing: how often to ask. */
const ASK_AGAIN_MS = 1_000;

interface Waiter {
  readonly admit: () => void;
  readonly fail: (error: SessionLostError) => void;
}

export class ChannelSlots {
  readonly #limit = new LearnedLimit(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  #waiting: Waiter[] = [];
  #askAgain: NodeJS.Timeout | undefined;
  #closed: SessionLostError | null = null;

  /** Called when someone has to wait for a channel. */
  onShortage: () => void = () => undefined;

  /** Channels that are open or being opened. */
  get inUse(): number {
    return this.#limit.inUse;
  }

  /** Someone waits. */
  get isShort(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Resolves when a channel may be opened, first come first served. After a refusal
   * (`again`) that is when a channel has closed or some time has passed, and ahead of the others.
   * Rejects with SessionLostError when the connection is lost or `signal` aborts.
   */
  enter(signal: AbortSignal, again: boolean): Promise<void> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    if (signal.aborted) return Promise.reject(gaveUp(signal));
    if (!again && this.#waiting.length === 0 && this.#limit.hasRoom) {
      this.#limit.enter();
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        admit: () => {
          signal.removeEventListener('abort', onAbort);
          this.#limit.enter();
          resolve();
        },
        fail: (error) => {
          signal.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(gaveUp(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (again) this.#waiting.unshift(waiter);
      else this.#waiting.push(waiter);
      this.#scheduleAsking();
      this.#tellShortage();
    });
  }

  /** The server opened the channel. */
  opened(): void {
    this.#limit.accepted();
    this.#admit();
  }

  /** The server has no room for the channel. */
  refused(): void {
    this.#limit.refused();
  }

  /** The channel is closed, or was never asked for. */
  leave(): void {
    this.#limit.leave();
    this.#admit();
    this.#tellShortage();
  }

  /** The connection is gone: whoever waits gets `error`. */
  close(error: SessionLostError): void {
    this.#closed = error;
    clearTimeout(this.#askAgain);
    for (const waiter of this.#waiting.splice(0)) waiter.fail(error);
  }

  #admit(): void {
    while (this.#limit.hasRoom) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next.admit();
    }
  }

  #tellShortage(): void {
    if (this.isShort) this.onShortage();
  }

  #scheduleAsking(): void {
    if (this.#askAgain !== undefined) return;
    this.#askAgain = setTimeout(() => {
      this.#askAgain = undefined;
      this.#waiting.shift()?.admit();
      if (this.#waiting.length > 0) this.#scheduleAsking();
    }, ASK_AGAIN_MS);
  }
}

function gaveUp(signal: AbortSignal): SessionLostError {
  return new SessionLostError('gave up waiting for a channel', { cause: signal.reason });
}
