/**
 * How much a server takes at once, learned from what it refuses. Until the first refusal each
 * success raises the limit by one; a refusal sets it to what is still in use; after that each
 * limit's worth of successes raises it by one, so that a limit that was learned too low, or
 * was changed, heals.
 */
export class LearnedLimit {
  #inUse = 0;
  #limit: number;
  #accepted = 0;
  #wasRefused = false;

  /** `start`: the limit to begin with; `cap`: the most that it can become. */
  constructor(
    start: number,
    private readonly cap: number,
  ) {
    this.#limit = start;
  }

  get inUse(): number {
    return this.#inUse;
  }

  get hasRoom(): boolean {
    return this.#inUse < this.#limit;
  }

  /** Nothing is in use, and nothing was learned that is worth keeping. */
  get isForgettable(): boolean {
    return this.#inUse === 0 && !this.#wasRefused;
  }

  enter(): void {
    this.#inUse += 1;
  }

  leave(): void {
    this.#inUse -= 1;
  }

  /** What entered was taken by the server. */
  accepted(): void {
    // More was let in than the limit says, to see: and was taken.
    this.#limit = Math.max(this.#limit, this.#inUse);
    this.#accepted += 1;
    if (this.#wasRefused && this.#accepted < this.#limit) return;
    this.#accepted = 0;
    this.#limit = Math.min(this.cap, this.#limit + 1);
  }

  /** What entered was refused, and has left with that. */
  refused(): void {
    this.#inUse -= 1;
    this.#accepted = 0;
    this.#wasRefused = true;
    this.#limit = Math.max(1, this.#inUse);
  }
}
