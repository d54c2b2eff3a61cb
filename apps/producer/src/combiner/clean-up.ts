/** Removes what a closed tick's flow has left in the queues, so that nothing waits for what will not come. */
import { removeJobs } from '@muster/jobs';
import { batchJobId, GATES_QUEUE, groupBy, TICKS_QUEUE } from '@muster/protocol';
import type { RosterEntry, TickStore } from '@muster/tick-state';
import { Job } from 'bullmq';
import { FlowQueues } from './flow-queues.js';

/** Jobs removed at once. */
const CHUNK = 100;

export class FlowJanitor {
  readonly #queues: FlowQueues;

  readonly #store: TickStore;

  constructor(store: TickStore) {
    this.#store = store;
    this.#queues = new FlowQueues(store);
  }

  /**
   * Clears away what is left of a closed tick's flow; true once its parent's job has ended.
   * A job that a worker still holds is only taken off the parent; its worker finds the tick
   * closed. Then nothing holds the parent any more.
   */
  async tidy(tick: string, unreported: readonly RosterEntry[]): Promise<boolean> {
    if (await this.#parentIsOver(tick)) return true;
    await this.removeChildren(tick, unreported);
    return this.#parentIsOver(tick);
  }

  /**
   * Removes the jobs of these drones, newest first, since Redis finds those at the near end of
   * its lists; then the gate, if its producer has died before it could open it.
   */
  async removeChildren(tick: string, drones: readonly RosterEntry[]): Promise<void> {
    const newestFirst = drones.toReversed();
    for (let from = 0; from < newestFirst.length; from += CHUNK) {
      const some = newestFirst
        .slice(from, from + CHUNK)
        .map(({ drone, queue }) => ({ queue, id: batchJobId(drone, tick) }));
      const pieces = [...groupBy(some, ({ queue }) => queue)].map(([queue, jobs]) => {
        return { queue, ids: jobs.map(({ id }) => id) };
      });
      const parent = { queue: TICKS_QUEUE, id: tick };
      const all = () => new Set(some.map(({ id }) => id));
      const left = await removeJobs(this.#store, parent, pieces).catch(all);
      // One that cannot be removed now must not keep the others; the next look tries again.
      await Promise.allSettled(
        some.filter(({ id }) => left.has(id)).map(({ queue, id }) => this.#removeChild(queue, id)),
      );
    }
    await this.#queues.get(GATES_QUEUE).remove(tick);
  }

  async #parentIsOver(tick: string): Promise<boolean> {
    const state = await this.#queues.get(TICKS_QUEUE).getJobState(tick);
    return state === 'completed' || state === 'failed' || state === 'unknown';
  }

  /** Removes what is left of a tick's flow. False while somebody still has a job of it in hand. */
  async removeFlow(tick: string): Promise<boolean> {
    return (await this.#queues.get(TICKS_QUEUE).remove(tick)) === 1;
  }

  async close(): Promise<void> {
    await this.#queues.close();
  }

  async #removeChild(queueName: string, id: string): Promise<void> {
    const queue = this.#queues.get(queueName);
    if ((await queue.remove(id)) === 1) {
      // Noted there while a worker held it; nobody would take it out where that was the only one.
      await this.#store.redis.srem(queue.toKey('stalled'), id);
      return;
    }
    const job = await Job.fromId(queue, id);
    await job?.removeChildDependency();
  }
}
