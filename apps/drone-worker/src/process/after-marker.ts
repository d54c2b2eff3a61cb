/** Bytes kept of what comes before the marker: more than a marker's line, and enough for a reason. */
const KEPT = 1_024;

/** Finds the marker in a stream, and passes on what comes after it. */
export class AfterMarker {
  #held = Buffer.alloc(0);
  #found = false;

  /**
   * `marker` is followed on its line by a word, which `onFound` gets; then `onData` gets
   * everything behind the line, and nothing of what stood before the marker.
   */
  constructor(
    private readonly marker: string,
    private readonly onFound: (word: string) => void,
    private readonly onData: (chunk: Buffer) => void,
  ) {}

  /** The last of what stood before the marker, as long as that has not come. */
  get before(): string {
    return this.#held.toString('utf8');
  }

  push(chunk: Buffer): void {
    if (this.#found) {
      this.onData(chunk);
      return;
    }
    this.#held = Buffer.concat([this.#held, chunk]);
    const at = this.#held.indexOf(this.marker);
    const end = at < 0 ? -1 : this.#held.indexOf(0x0a, at);
    if (end < 0) {
      // A noisy login shell may say any amount before it.
      if (at < 0) this.#held = this.#held.subarray(Math.max(0, this.#held.length - KEPT));
      return;
    }
    this.#found = true;
    this.onFound(this.#held.toString('latin1', at + this.marker.length, end));
    const rest = this.#held.subarray(end + 1);
    this.#held = Buffer.alloc(0);
    if (rest.length > 0) this.onData(rest);
  }
}
