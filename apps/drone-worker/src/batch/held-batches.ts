/** The batches that this worker holds, and how they are told to end. */
import type { StopReason } from './stop-reason.js';

export class HeldBatches {
  readonly #byTick = new Map<string, Set<AbortController>>();

  get count(): number {
    let count = 0;
    for (const batches of this.#byTick.values()) count += batches.size;
    return count;
  }

  /** Ticks of which batches are held. */
  get ticks(): string[] {
    return [...this.#byTick.keys()];
  }

  /** Takes a batch on; the controller's signal ends it, with a `StopReason`. */
  hold(tick: string): AbortController {
    const controller = new AbortController();
    const batches = this.#byTick.get(tick) ?? new Set();
    this.#byTick.set(tick, batches.add(controller));
    return controller;
  }

  letGo(tick: string, controller: AbortController): void {
    const batches = this.#byTick.get(tick);
    batches?.delete(controller);
    if (batches?.size === 0) this.#byTick.delete(tick);
  }

  /** Tells all batches of a tick to end. Telling them twice changes nothing. */
  stopTick(tick: string, reason: StopReason): void {
    for (const controller of this.#byTick.get(tick) ?? []) controller.abort(reason);
  }

  stopAll(reason: StopReason): void {
    for (const tick of this.ticks) this.stopTick(tick, reason);
  }
}
