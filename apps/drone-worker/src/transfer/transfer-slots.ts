import { CallSlots } from '../batch/call-slots.js';

/** Transfers at once, where nothing else is said. */
const AT_ONCE = 50;

/** How many transfers may run at once on a worker, over all its drones (behaviour 35). */
export class TransferSlots {
  readonly #slots = new CallSlots();

  constructor(private readonly limit = AT_ONCE) {}

  /** Resolves when the transfer may run, or when `signal` is aborted; call what it gives when it is over. */
  enter(signal: AbortSignal): Promise<() => void> {
    return this.#slots.enter('', this.limit, signal);
  }
}
