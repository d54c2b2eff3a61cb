/** One attempt at something for all who want it at the same time. */

interface Joiner<Result> {
  readonly take: (result: Result) => void;
  readonly fail: (bug: Error) => void;
}

export class SharedAttempt<Result> {
  readonly #joiners = new Set<Joiner<Result>>();
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;

  /** Starts at once. `run` is aborted when nobody waits for it any more; `onOver` is called then, or before the result is handed out. */
  constructor(
    run: (signal: AbortSignal) => Promise<Result>,
    private readonly onOver: () => void,
  ) {
    this.#done = run(this.#abort.signal).then(
      (result) => {
        onOver();
        for (const { take } of this.#joiners) take(result);
      },
      (bug: unknown) => {
        onOver();
        const error = bug instanceof Error ? bug : new Error(String(bug));
        for (const { fail } of this.#joiners) fail(error);
      },
    );
  }

  /**
   * Resolves with what `take` makes of the result, or `leave` once `signal` is aborted. `take` runs
   * before anyone else can act on the result, so that it can lay a claim to it.
   */
  join<Share>(
    signal: AbortSignal,
    take: (result: Result) => Share,
    leave: () => Share,
  ): Promise<Share> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#joiners.delete(joiner);
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const onAbort = () => {
        settle(() => {
          resolve(leave());
        });
        if (this.#joiners.size === 0) this.#giveUp();
      };
      const joiner: Joiner<Result> = {
        take: (result) => {
          settle(() => {
            resolve(take(result));
          });
        },
        fail: (bug: Error) => {
          settle(() => {
            reject(bug);
          });
        },
      };
      this.#joiners.add(joiner);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Gives up, whoever waits; resolves once nothing of it is left. */
  cancel(): Promise<void> {
    this.#giveUp();
    return this.#done;
  }

  #giveUp(): void {
    this.onOver();
    this.#abort.abort();
  }
}
