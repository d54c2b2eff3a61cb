/** How many calls may run on a drone at once (`maxConcurrentCalls`), over all its batches on this worker. */
export class CallSlots {
  readonly #drones = new Map<string, { taken: number; readonly waiting: (() => void)[] }>();

  /** Resolves when the call may run, or when `signal` is aborted; call what it gives when the call is over. */
  async enter(drone: string, limit: number | undefined, signal: AbortSignal): Promise<() => void> {
    if (limit === undefined) return () => undefined;
    const slots = this.#drones.get(drone) ?? { taken: 0, waiting: [] };
    this.#drones.set(drone, slots);
    while (slots.taken >= limit && !signal.aborted) await turn(slots.waiting, signal);
    slots.taken += 1;
    return () => {
      slots.taken -= 1;
      slots.waiting.shift()?.();
      if (slots.taken === 0 && slots.waiting.length === 0) this.#drones.delete(drone);
    };
  }
}

/** Resolves when it is this one's turn, or at the end of `signal`. */
function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      signal.removeEventListener('abort', go);
      const at = waiting.indexOf(go);
      if (at >= 0) waiting.splice(at, 1);
      resolve();
    };
    waiting.push(go);
    signal.addEventListener('abort', go, { once: true });
  });
}
