/** Takes apart a stream in which lines of ours, behind a marker, stand between bytes of others. */
export class MarkedStream {
  readonly #marker: Buffer;
  #held: Buffer = Buffer.alloc(0);

  /**
   * `onWord` gets what stands behind `marker` and a blank on its line, `onData` all other bytes.
   * The marker may stand anywhere, and come in pieces.
   */
  constructor(
    marker: string,
    private readonly onWord: (word: string) => void,
    private readonly onData: (chunk: Buffer) => void,
  ) {
    this.#marker = Buffer.from(marker);
  }

  push(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      const at = rest.indexOf(this.#marker);
      const end = at < 0 ? -1 : rest.indexOf(0x0a, at);
      const certain = at < 0 ? rest.length - this.#begun(rest) : at;
      if (certain > 0) this.onData(rest.subarray(0, certain));
      if (end < 0) {
        // A copy: a slice would keep the whole chunk in memory.
        this.#held = Buffer.from(rest.subarray(certain));
        return;
      }
      this.onWord(rest.toString('latin1', at + this.#marker.length + 1, end));
      rest = rest.subarray(end + 1);
    }
  }

  /** How many of the last bytes are the beginning of a marker. */
  #begun(bytes: Buffer): number {
    for (let size = Math.min(this.#marker.length - 1, bytes.length); size > 0; size -= 1) {
      const tail = bytes.subarray(bytes.length - size);
      if (tail.equals(this.#marker.subarray(0, size))) return size;
    }
    return 0;
  }
}
