/**
 * What runs until it is told to stop. `start` and `stop` may be called any number of
 * times, in any order, also while the other is under way: the last word counts.
 */
export abstract class Service {
  #wanted: 'up' | 'down' = 'down';
  #is: 'up' | 'down' = 'down';
  #turning: Promise<void> = Promise.resolve();

  protected abstract onStart(): Promise<void>;
  protected abstract onStop(): Promise<void>;

  /** Resolves once it serves; rejects when it could not come up, and it is then down. */
  start(): Promise<void> {
    this.#wanted = 'up';
    return this.#turn();
  }

  /** Resolves once everything it held is let go. */
  stop(): Promise<void> {
    this.#wanted = 'down';
    return this.#turn();
  }

  #turn(): Promise<void> {
    const next = this.#turning.then(async () => {
      if (this.#is === this.#wanted) return;
      if (this.#wanted === 'down') {
        this.#is = 'down';
        await this.onStop();
        return;
      }
      try {
        await this.onStart();
        this.#is = 'up';
      } catch (error) {
        this.#wanted = 'down';
        await this.onStop();
        throw error;
      }
    });
    this.#turning = next.catch(() => undefined);
    return next;
  }
}
