/** How far a transfer has come. */
import { oneLine } from '@muster/protocol';
import { FileError } from '../transport/files.js';

/** Failures that are named; of the others only how many there are. */
const NAMED = 3;

export class Tally {
  bytes = 0;
  /** Files and links that have arrived. */
  files = 0;
  readonly #named: string[] = [];
  #failures = 0;

  /** A file of so many bytes, or a link. */
  arrived(bytes: number): void {
    this.bytes += bytes;
    this.files += 1;
  }

  /** @throws the error itself where it is more than that one path could not be transferred. */
  failed(error: unknown): void {
    if (!(error instanceof FileError)) throw error;
    this.#failures += 1;
    if (this.#failures <= NAMED) this.#named.push(oneLine(error.message));
  }

  /** In one line, or null when everything has arrived. */
  get failure(): string | null {
    if (this.#failures === 0) return null;
    const named = this.#named.join('; ');
    if (this.#failures === 1) return named;
    const more = this.#failures - this.#named.length;
    const rest = more === 0 ? '' : `; and ${String(more)} more`;
    return `${String(this.#failures)} failed: ${named}${rest}`;
  }
}
