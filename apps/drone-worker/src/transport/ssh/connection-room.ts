/** Keeps the number of connections of a worker under its cap. */
export class ConnectionRoom {
  #inUse = 0;
  readonly #waiting = new Set<() => void>();

  /** `evictIdle` closes the connection that has been idle longest, with a `leave`, or returns false. */
  constructor(
    private readonly max: number,
    private readonly evictIdle: () => boolean,
  ) {}

  /** Resolves with true when one more connection may be made, with false once `signal` is aborted. */
  async enter(signal: AbortSignal): Promise<boolean> {
    while (this.#inUse >= this.max && !this.evictIdle()) {
      if (signal.aborted) return false;
      await this.#change(signal);
    }
    if (signal.aborted) return false;
    this.#inUse += 1;
    return true;
  }

  /** A connection is gone, or did not come about. */
  leave(): void {
    this.#inUse -= 1;
    this.wakeOne();
  }

  /** There may be a connection to evict now. */
  wakeOne(): void {
    const [first] = this.#waiting;
    first?.();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
