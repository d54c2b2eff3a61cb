/** How long what the drone said of its clock is relied upon, milliseconds: two clocks drift apart. */
const RELIED_ON_MS = 30_000;

/**
 * What the drone's clock shows at least. It was read before its reading came here, so it is always
 * ahead of what is known of it, by as long as that took: an order that is to reach the drone by a time
 * that is told from here is refused too early at worst, and never taken too late.
 */
export class DroneClock {
  #drone = 0;
  #here = 0;
  #isKnown = false;

  /** The drone's clock has shown so many milliseconds. */
  set(milliseconds: number): void {
    this.#drone = milliseconds;
    this.#here = performance.now();
    this.#isKnown = true;
  }

  /** It is to be asked for again. */
  doubt(): void {
    this.#isKnown = false;
  }

  get isKnown(): boolean {
    return this.#isKnown && performance.now() - this.#here < RELIED_ON_MS;
  }

  /** What it showed at least when `performance.now()` was so much here, in whole milliseconds. */
  at(here: number): number {
    return Math.floor(this.#drone + (here - this.#here));
  }
}
