/** Collects what is wrong with a file, and says it all at once, each with its line and column. */
import { InvalidInputError, oneLine } from '@muster/protocol';

/** How many errors one message lists; the rest is counted. */
const SHOWN = 20;

export class Issues {
  readonly #found: { offset: number; message: string }[] = [];

  /** `source` is what the messages call the file; `text` is what the offsets point into. */
  constructor(
    private readonly source: string,
    private readonly text: string,
  ) {}

  /** Notes an error at `offset` (UTF-16 code units from the start of the text). */
  add(offset: number, message: string): void {
    this.#found.push({ offset, message });
  }

  /** Whether there are more errors than will be shown: the next ones need no suggestion. */
  get full(): boolean {
    return this.#found.length > SHOWN;
  }

  /**
   * Does nothing if there were no errors.
   * @throws InvalidInputError with a line `source:line:column: message` for each, in file order.
   */
  throwIfAny(): void {
    if (this.#found.length === 0) return;
    const sorted = this.#found.toSorted((a, b) => a.offset - b.offset);
    const lines = sorted
      .slice(0, SHOWN)
      .map(
        ({ offset, message }) => `${this.source}:${this.#place(offset)}: ${oneLine(message, 400)}`,
      );
    if (sorted.length > SHOWN) lines.push(`and ${String(sorted.length - SHOWN)} more`);
    throw new InvalidInputError(lines.join('\n'));
  }

  #place(offset: number): string {
    const column = offset - this.text.slice(0, offset).lastIndexOf('\n');
    return `${String(this.line(offset))}:${String(column)}`;
  }

  /** The line of an offset, from 1: for messages that refer to another place. */
  line(offset: number): number {
    return this.text.slice(0, offset).split('\n').length;
  }
}

/** Text from the file as a message may show it: one short, harmless line. */
export function shown(text: string): string {
  return `'${oneLine(text, 60)}'`;
}
