/** Removes what a closed tick's flow has left in the queues, so that nothing waits for what will not come. */
import { batchJobId, LIMITS, TICKS_QUEUE } from '@muster/protocol';
import type { RosterEntry, TickStore } from '@muster/tick-state';
import { Job, Queue } from 'bullmq';

/** Jobs removed at once. */
const CHUNK = 100;

export class FlowJanitor {
  readonly #queues = new Map<string, Queue>();

  constructor(private readonly store: TickStore) {}

  /**
   * Clears away what is left of a closed tick's flow; true once its parent's job has ended.
   * Removes the jobs of drones that never reported, newest first, since Redis finds those at
   * the near end of its lists. A job that a worker still holds is only taken off the parent;
   * its worker finds the tick closed. Then nothing holds the parent any more.
   */
  async tidy(tick: string, unreported: readonly RosterEntry[]): Promise<boolean> {
    if (await this.#parentIsOver(tick)) return true;
    const newestFirst = unreported.toReversed();
    for (let from = 0; from < newestFirst.length; from += CHUNK) {
      const some = newestFirst.slice(from, from + CHUNK);
      // One that cannot be removed now must not keep the others; the next look tries again.
      await Promise.allSettled(
        some.map(({ drone, queue }) => this.#removeChild(queue, batchJobId(drone, tick))),
      );
    }
    return this.#parentIsOver(tick);
  }

  async #parentIsOver(tick: string): Promise<boolean> {
    const state = await this.#queue(TICKS_QUEUE).getJobState(tick);
    return state === 'completed' || state === 'failed' || state === 'unknown';
  }

  /** Removes what is left of a tick's flow. False while somebody still has a job of it in hand. */
  async removeFlow(tick: string): Promise<boolean> {
    return (await this.#queue(TICKS_QUEUE).remove(tick)) === 1;
  }

  async close(): Promise<void> {
    const queues = [...this.#queues.values()];
    this.#queues.clear();
    await Promise.all(queues.map((queue) => queue.close()));
  }

  async #removeChild(queueName: string, id: string): Promise<void> {
    const queue = this.#queue(queueName);
    if ((await queue.remove(id)) === 1) return;
    const job = await Job.fromId(queue, id);
    await job?.removeChildDependency();
  }

  #queue(name: string): Queue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, {
      connection: this.store.redis,
      prefix: this.store.prefix,
      streams: { events: { maxLen: LIMITS.queueEvents } },
    });
    queue.on('error', () => undefined);
    this.#queues.set(name, queue);
    return queue;
  }
}
