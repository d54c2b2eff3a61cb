/** The queues of flows, by name: each is made when it is first asked for. */
import { LIMITS } from '@muster/protocol';
import type { TickStore } from '@muster/tick-state';
import { Queue } from 'bullmq';

export class FlowQueues {
  readonly #queues = new Map<string, Queue>();

  constructor(private readonly store: TickStore) {}

  get(name: string): Queue {
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

  async close(): Promise<void> {
    const queues = [...this.#queues.values()];
    this.#queues.clear();
    await Promise.all(queues.map((queue) => queue.close()));
  }
}
