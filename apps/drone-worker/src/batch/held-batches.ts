/** The batches that this worker holds, and how they are told to end. */
import type { StopReason } from './stop-reason.js';

interface HeldOfTick {
  readonly batches: Set<AbortController>;
  /** Ends them at the tick's deadline. */
  deadline?: NodeJS.Timeout;
}

export class HeldBatches {
  readonly #byTick = new Map<string, HeldOfTick>();

  get count(): number {
    let count = 0;
    for (const { batches } of this.#byTick.values()) count += batches.size;
    return count;
  }

  /** Ticks of which batches are held. */
  get ticks(): string[] {
    return [...this.#byTick.keys()];
  }

  /** Takes a batch on; the controller's signal ends it, with a `StopReason`. */
  hold(tick: string): AbortController {
    const controller = new AbortController();
    const held: HeldOfTick = this.#byTick.get(tick) ?? { batches: new Set() };
    held.batches.add(controller);
    this.#byTick.set(tick, held);
    return controller;
  }

  /** The deadline of a tick of which a batch is held is in so many milliseconds: then all of them end. */
  endIn(tick: string, milliseconds: number): void {
    const held = this.#byTick.get(tick);
    if (held === undefined) return;
    const stop = () => {
      this.stopTick(tick, { kind: 'deadline' });
    };
    held.deadline ??= setTimeout(stop, Math.max(0, milliseconds));
  }

  letGo(tick: string, controller: AbortController): void {
    const held = this.#byTick.get(tick);
    held?.batches.delete(controller);
    if (held?.batches.size !== 0) return;
    clearTimeout(held.deadline);
    this.#byTick.delete(tick);
  }

  /** Tells all batches of a tick to end. Telling them twice changes nothing. */
  stopTick(tick: string, reason: StopReason): void {
    for (const controller of this.#byTick.get(tick)?.batches ?? []) controller.abort(reason);
  }

  stopAll(reason: StopReason): void {
    for (const tick of this.ticks) this.stopTick(tick, reason);
  }
}
