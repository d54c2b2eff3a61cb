/** Hears which ticks of a lane are closed. It is a hint: what is missed shows when the state is read. */
import { keys } from '@muster/protocol';
import type { RedisClient } from '@muster/runtime';

export class ClosedTicks {
  readonly #listeners = new Map<string, () => void>();
  #isSubscribed = false;

  /** Subscribes, once and for all: to do so for each tick would cost it a question to Redis. */
  constructor(
    private readonly subscriber: RedisClient,
    prefix: string,
    lane: string,
  ) {
    const channel = keys.closedTicks(prefix, lane);
    subscriber.on('message', (heard: string, tick: string) => {
      if (heard === channel) this.#listeners.get(tick)?.();
    });
    const onSubscribed = () => {
      this.#isSubscribed = true;
    };
    subscriber.subscribe(channel).then(onSubscribed, () => undefined);
  }

  /** Whether a tick that is opened from now on is heard of. */
  get isListening(): boolean {
    return this.#isSubscribed && this.subscriber.status === 'ready';
  }

  /** Calls `listener` when this tick is closed; gives how to stop that. */
  onClosed(tick: string, listener: () => void): () => void {
    this.#listeners.set(tick, listener);
    return () => {
      this.#listeners.delete(tick);
    };
  }
}
