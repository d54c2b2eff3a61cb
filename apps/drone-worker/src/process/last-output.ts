/** When all that a process has printed is here, given that its own end is known. */
import { LATE, within } from '@muster/runtime';
import type { Readable } from 'node:stream';

/** Milliseconds without a word after which a pipe that stays open counts as held by something left behind. */
const QUIET_MS = 500;

/** Hears what comes from the beginning; `done` is asked once the process has ended. */
export class LastOutput {
  readonly #allEnded: Promise<void>;
  #settle = (): void => undefined;
  #chunks = 0;

  /** `open` is how many streams there are. */
  constructor(private open: number) {
    this.#allEnded = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  static of(streams: readonly Readable[]): LastOutput {
    const output = new LastOutput(streams.length);
    for (const stream of streams) {
      stream.on('data', () => {
        output.heard();
      });
      let isOpen = true;
      for (const event of ['end', 'close', 'error']) {
        stream.once(event, () => {
          if (isOpen) output.ended();
          isOpen = false;
        });
      }
    }
    return output;
  }

  /** Something came. */
  heard(): void {
    this.#chunks += 1;
  }

  /** One of the streams has ended. */
  ended(): void {
    this.open -= 1;
    if (this.open === 0) this.#settle();
  }

  /** They all have. */
  allEnded(): void {
    this.open = 0;
    this.#settle();
  }

  /**
   * Resolves when the streams have ended, or have been quiet for a while: a child that the
   * process left behind may hold them for ever. What has come in meanwhile is read first, also
   * when this process was too busy to do so in time.
   */
  async done(): Promise<void> {
    while (this.open > 0) {
      const before = this.#chunks;
      if ((await within(QUIET_MS, this.#allEnded)) !== LATE) return;
      await pollOnce();
      if (this.#chunks === before) return;
    }
  }
}

/** One round of the event loop, in which all input that is there is read. */
async function pollOnce(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
