/**
 * What the page of one drone shows, which is asked for again and again while a tick runs. Its last
 * outputs can be many megabytes and never change, so they are read once, and kept as far as they are shown.
 */
import { resultText, type DroneEntry } from '@muster/protocol';
import type { TickFacts, TickStore } from '@muster/tick-state';
import type { DroneLast, DronePageView, ShownText } from '@muster/dashboard-pages/views';
import { readDroneHistory, readEntry } from './drone-page.js';
import type { RollBook } from './roll-book.js';

/** Characters of one call's output that are shown, and of all together: a browser is soon at work with more. */
const LENGTH = { call: 65_536, all: 524_288 };
/** Drones whose last outputs are kept at hand. */
const DRONES = 24;

export class DroneBook {
  readonly #store: TickStore;
  readonly #book: RollBook;
  readonly #last = new Map<string, DroneLast>();

  constructor(store: TickStore, book: RollBook) {
    this.#store = store;
    this.#book = book;
  }

  /** Undefined for a drone that neither the fleet file nor a recent tick has. */
  async view(drone: string): Promise<DronePageView | undefined> {
    await this.#book.refresh();
    const found = await readDroneHistory(this.#store, this.#book, drone);
    if (found === undefined) return undefined;
    const { latest, ...history } = found;
    return { ...history, last: latest === undefined ? null : await this.#readLast(latest, drone) };
  }

  async #readLast(facts: TickFacts, drone: string): Promise<DroneLast | null> {
    let last = this.#last.get(drone);
    if (last?.tick !== facts.tick) {
      const entry = await readEntry(this.#store, this.#book, facts, drone);
      if (entry === undefined) return null;
      last = { tick: facts.tick, ...shown(entry) };
    }
    this.#last.delete(drone);
    this.#last.set(drone, last);
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= DRONES) break;
      this.#last.delete(oldest);
    }
    return last;
  }
}

function shown({ results, ...entry }: DroneEntry): Omit<DroneLast, 'tick'> {
  let left = LENGTH.all;
  const outputs = results.map((result, index): ShownText => {
    const whole = resultText(entry.calls[index]?.method ?? '', result);
    const text = whole.slice(0, Math.min(LENGTH.call, left));
    left -= text.length;
    return { text, length: whole.length };
  });
  return { entry, outputs };
}
