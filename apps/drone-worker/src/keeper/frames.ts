/**
 * What a worker and a keeper say to each other: a letter, the number of the process it is about
 * (32 bits), the length of what follows (32 bits, big endian), and that.
 *
 * To the keeper: `?` say your time · `S` start a process · `I` its input (empty: that was all) ·
 * `T` end its group · `C` forget it · `E` end a group and what carries a mark, and look.
 * From it: `R` its time · `P` started, with its process id · `L` not started, the order came too late ·
 * `1`, `2` its stdout and stderr · `X` ended, with its exit status · `K` ended by a signal, with its
 * name · `.` it has ended, and so have its outputs: it is forgotten · `A` ending begins · `G` whether all is gone, and was there.
 */
export interface Frame {
  readonly kind: string;
  readonly process: number;
  readonly data: Buffer;
}

const HEADER_BYTES = 9;

export function encodeFrame(kind: string, process: number, data: Uint8Array = NOTHING): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + data.length);
  frame.write(kind, 0, 1, 'latin1');
  frame.writeUInt32BE(process, 1);
  frame.writeUInt32BE(data.length, 5);
  frame.set(data, HEADER_BYTES);
  return frame;
}

const NOTHING = new Uint8Array();

/** Puts a stream of bytes together to frames. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(private readonly onFrame: (frame: Frame) => void) {}

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= HEADER_BYTES) {
      const head = this.#joined(HEADER_BYTES);
      const end = HEADER_BYTES + head.readUInt32BE(5);
      if (this.#size < end) return;
      const all = this.#joined(end);
      this.#chunks = all.length === end ? [] : [all.subarray(end)];
      this.#size -= end;
      this.onFrame({
        kind: all.toString('latin1', 0, 1),
        process: all.readUInt32BE(1),
        data: all.subarray(HEADER_BYTES, end),
      });
    }
  }

  /** What has come in one piece, where its first `size` bytes are not in one already. */
  #joined(size: number): Buffer {
    const [first = NO_BYTES] = this.#chunks;
    if (first.length >= size) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}

const NO_BYTES = Buffer.alloc(0);
