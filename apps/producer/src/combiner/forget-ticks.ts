/** Forgets the ticks that are no longer kept: as ticks end, and by the clock where none does. */
import { systemClock, type Clock } from '@muster/runtime';
import { expiredTicks, forgetTick, readRetention, type TickStore } from '@muster/tick-state';
import type { FlowJanitor } from './clean-up.js';

/** How long an idle installation may keep a tick beyond its time, in milliseconds. */
const IDLE_LOOK_MS = 60_000;

export class TickForgetter {
  /** By the monotonic clock. */
  #nextLook = -Infinity;

  constructor(
    private readonly store: TickStore,
    private readonly janitor: FlowJanitor,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Takes one turn, of a bounded number of ticks, if one is due. `tickEnded`: it is, there may be too many now. */
  async look(tickEnded: boolean): Promise<void> {
    const now = this.clock.monotonic();
    if (!tickEnded && now < this.#nextLook) return;
    const retention = await readRetention(this.store);
    const { ticks, more } = await expiredTicks(this.store, retention);
    await Promise.all(ticks.map((tick) => this.#forget(tick)));
    // What is kept for a short time only is not kept much longer than that either.
    this.#nextLook = more ? now : now + Math.min(IDLE_LOOK_MS, retention.ageMs);
  }

  /** All of a tick or nothing: what a job still belongs to is found by its id. */
  async #forget(tick: string): Promise<void> {
    if (await this.janitor.removeFlow(tick)) await forgetTick(this.store, tick);
  }
}
