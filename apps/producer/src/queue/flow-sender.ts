/** Puts a tick's jobs into the queues: small ticks as one flow, large ones in chunks behind a gate. */
import { GATES_QUEUE, groupBy, keys, TICKS_QUEUE } from '@muster/protocol';
import type { TickStore } from '@muster/tick-state';
import { addJobs, CHILD_OPTIONS, type Piece } from '@muster/jobs';
import { FlowProducer } from 'bullmq';
import { FlowJanitor } from '../combiner/clean-up.js';
import { FlowQueues } from '../combiner/flow-queues.js';
import type { PlannedDrone, TickPlan } from './plan-tick.js';
import { childJob, gateJob, parentJob, type TickToSend } from './tick-flow.js';

/** A tick of so many drones is sent as one flow; BullMQ's way to do so costs thrice as much for each. */
const WHOLE = 10;
/** Jobs in one load: the first ones run while the last are still being added. */
const LOAD = 100;
/** Loads under way at once. */
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
    if (plan.drones.length <= WHOLE) await this.#sendWhole(tick, plan);
    else await this.#sendBehindGate(tick, plan, over);
  }

  /**
   * A tick that ended while its jobs were still being added was cleared away before the last of
   * them came: these would wait for a worker of their queue, and for nothing else. To be called once
   * `send` is through, unless it is known that each job was taken.
   */
  async takeBack(tick: TickToSend, { drones }: TickPlan): Promise<void> {
    const { redis, prefix } = this.#store;
    const state = await redis.hget(keys.tick(prefix, tick.id), 'state');
    if (state === null || state === 'closed') await this.#janitor.removeChildren(tick.id, drones);
  }

  async close(): Promise<void> {
    await Promise.all([this.#flows.close(), this.#queues.close(), this.#janitor.close()]);
  }

  async #sendWhole(tick: TickToSend, plan: TickPlan): Promise<void> {
    const children = plan.drones.map((drone) => {
      const { id, name, queueName, data } = childJob(tick, plan, drone);
      return { name, queueName, data, opts: { ...CHILD_OPTIONS, jobId: id } };
    });
    await this.#flows.add({ ...parentJob(tick, plan), children });
  }

  async #sendBehindGate(tick: TickToSend, plan: TickPlan, over: AbortSignal): Promise<void> {
    await this.#flows.add({ ...parentJob(tick, plan), children: [gateJob(tick)] });
    const loads = loadsOf(plan.drones);
    const sendLoads = async () => {
      for (const load of loads) {
        if (over.aborted) return;
        await this.#sendLoad(tick, plan, load);
      }
    };
    await Promise.all(Array.from({ length: UNDER_WAY }, sendLoads));
    await this.#queues.get(GATES_QUEUE).remove(tick.id);
  }

  async #sendLoad(tick: TickToSend, plan: TickPlan, load: readonly Part[]): Promise<void> {
    const pieces = load.map(({ queue, drones }): Piece => {
      return { queue, jobs: drones.map((drone) => childJob(tick, plan, drone)) };
    });
    const odd = await addJobs(this.#store, { queue: TICKS_QUEUE, id: tick.id }, pieces);
    if (odd.length > 0) await Promise.all(odd.map((piece) => this.#sendOdd(tick, piece)));
  }

  /** Into a queue that has settings of its own. */
  async #sendOdd(tick: TickToSend, { queue, jobs }: Piece): Promise<void> {
    const parent = { id: tick.id, queue: `${this.#store.prefix}:${TICKS_QUEUE}` };
    const all = jobs.map(({ id, name, data }) => {
      return { name, data, opts: { ...CHILD_OPTIONS, jobId: id, parent } };
    });
    await this.#queues.get(queue).addBulk(all);
  }
}

/** Of a tick, what goes into one queue at once. */
interface Part {
  readonly queue: string;
  readonly drones: readonly PlannedDrone[];
}

/** One after another as they are asked for: a piece of a large queue, or pieces of many small ones. */
function* loadsOf(drones: readonly PlannedDrone[]): Generator<Part[], void> {
  let load: Part[] = [];
  let room = LOAD;
  for (const [queue, all] of groupBy(drones, (drone) => drone.queue)) {
    for (let from = 0; from < all.length;) {
      const piece = { queue, drones: all.slice(from, from + room) };
      load.push(piece);
      from += piece.drones.length;
      room -= piece.drones.length;
      if (room > 0) continue;
      yield load;
      load = [];
      room = LOAD;
    }
  }
  if (load.length > 0) yield load;
}
