/** Keeps the first bytes of a stream and drops the rest, so that no drone can fill the worker. */
export class OutputCapture {
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #truncated = false;

  constructor(readonly limit: number) {}

  push(chunk: Buffer): void {
    const room = this.limit - this.#size;
    if (chunk.length > room) this.#truncated = true;
    if (room <= 0) return;
    // A copy: a slice would keep the whole of the stream's pool in memory.
    const kept = chunk.length > room ? Buffer.from(chunk.subarray(0, room)) : chunk;
    this.#chunks.push(kept);
    this.#size += kept.length;
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks, this.#size);
  }

  /** As UTF-8, with U+FFFD for what is not; a character that the limit cut in two is left out. */
  text(): string {
    const bytes = this.bytes();
    return (this.#truncated ? withoutCutCharacter(bytes) : bytes).toString('utf8');
  }
}

/** Drops the beginning of a UTF-8 character at the end, if there is one. */
export function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}
