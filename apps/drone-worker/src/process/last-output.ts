/** When all that a process has printed is here, given that its own end is known. */
import { delay } from '@muster/runtime';
import type { Readable } from 'node:stream';

/** Milliseconds without a word after which a pipe that stays open counts as held by something left behind. */
const QUIET_MS = 500;

/** Watches streams from the beginning; `done` is asked once the process has ended. */
export class LastOutput {
  readonly #ended: Promise<unknown>;
  #chunks = 0;

  constructor(streams: readonly Readable[]) {
    for (const stream of streams) stream.on('data', () => (this.#chunks += 1));
    this.#ended = Promise.all(streams.map(untilEnd));
  }

  /**
   * Resolves when the streams have ended, or have been quiet for a while: a child that the
   * process left behind may hold them for ever. What has come in meanwhile is read first, also
   * when this process was too busy to do so in time.
   */
  async done(): Promise<void> {
    for (;;) {
      const before = this.#chunks;
      const enough = new AbortController();
      const over = await Promise.race([
        this.#ended.then(() => true),
        delay(QUIET_MS, enough.signal).then(() => false),
      ]);
      enough.abort();
      if (over) return;
      await pollOnce();
      if (this.#chunks === before) return;
    }
  }
}

/** One round of the event loop, in which all input that is there is read. */
async function pollOnce(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function untilEnd(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) {
      stream.once(event, () => {
        resolve();
      });
    }
  });
}
