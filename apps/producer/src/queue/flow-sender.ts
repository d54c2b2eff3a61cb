/** Puts a tick's jobs into the queues: small ticks as one flow, large ones in chunks behind a gate. */
import { GATES_QUEUE, keys, TICKS_QUEUE } from '@muster/protocol';
import type { TickStore } from '@muster/tick-state';
import { FlowProducer } from 'bullmq';
import { FlowJanitor } from '../combiner/clean-up.js';
import { FlowQueues } from '../combiner/flow-queues.js';
import type { PlannedDrone, TickPlan } from './plan-tick.js';
import { childJob, gateJob, parentJob, type TickToSend } from './tick-flow.js';

/** A tick of so many drones is sent as one flow; BullMQ's way to do so costs thrice as much for each. */
const WHOLE = 10;
/** Jobs in one piece: the first ones run while the last are still being added. */
const CHUNK = 250;
/** Pieces under way at once. */
const UNDER_WAY = 4;

export class FlowSender {
  readonly #store: TickStore;
  readonly #flows: FlowProducer;
  readonly #queues: FlowQueues;
  readonly #janitor: FlowJanitor;

  constructor(store: TickStore) {
    this.#store = store;
    this.#flows = new FlowProducer({ connection: store.redis, prefix: store.prefix });
    this.#flows.on('error', () => undefined);
    this.#queues = new FlowQueues(store);
    this.#janitor = new FlowJanitor(store);
  }

  /**
   * The roster is in the tick's state already: should this fail half-way, the rest is
   * `never_started`, and the gate goes with the tick. Ends early once `over` says that the tick did.
   */
  async send(tick: TickToSend, plan: TickPlan, over: AbortSignal): Promise<void> {
    try {
      if (plan.drones.length <= WHOLE) await this.#sendWhole(tick, plan);
      else await this.#sendBehindGate(tick, plan, over);
    } finally {
      await this.#takeBack(tick, plan);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#flows.close(), this.#queues.close(), this.#janitor.close()]);
  }

  async #sendWhole(tick: TickToSend, plan: TickPlan): Promise<void> {
    const children = plan.drones.map((drone) => childJob(tick, plan, drone));
    await this.#flows.add({ ...parentJob(tick, plan), children });
  }

  async #sendBehindGate(tick: TickToSend, plan: TickPlan, over: AbortSignal): Promise<void> {
    await this.#flows.add({ ...parentJob(tick, plan), children: [gateJob(tick)] });
    const parent = { id: tick.id, queue: `${this.#store.prefix}:${TICKS_QUEUE}` };
    const pieces = piecesOf(plan.drones);
    const sendPieces = async () => {
      for (const { queue, drones } of pieces) {
        if (over.aborted) return;
        const jobs = drones.map((drone) => {
          const { name, data, opts } = childJob(tick, plan, drone);
          return { name, data, opts: { ...opts, parent } };
        });
        await this.#queues.get(queue).addBulk(jobs);
      }
    };
    await Promise.all(Array.from({ length: UNDER_WAY }, sendPieces));
    await this.#queues.get(GATES_QUEUE).remove(tick.id);
  }

  /**
   * A tick that ended while its jobs were still being added was cleared away before the last of
   * them came: these would wait for a worker of their queue, and for nothing else.
   */
  async #takeBack(tick: TickToSend, { drones }: TickPlan): Promise<void> {
    const { redis, prefix } = this.#store;
    const state = await redis.hget(keys.tick(prefix, tick.id), 'state');
    if (state === null || state === 'closed') await this.#janitor.removeChildren(tick.id, drones);
  }
}

interface Piece {
  readonly queue: string;
  readonly drones: readonly PlannedDrone[];
}

/** One after another as they are asked for. */
function* piecesOf(drones: readonly PlannedDrone[]): Generator<Piece, void> {
  const byQueue = new Map<string, PlannedDrone[]>();
  for (const drone of drones) {
    const others = byQueue.get(drone.queue);
    if (others === undefined) byQueue.set(drone.queue, [drone]);
    else others.push(drone);
  }
  for (const [queue, all] of byQueue) {
    for (let from = 0; from < all.length; from += CHUNK)
      yield { queue, drones: all.slice(from, from + CHUNK) };
  }
}
