/** The tick as a BullMQ flow: a parent in `ticks`, and a child for each drone in the queue that its workers serve. */
import {
  batchJobId,
  batchName,
  TICKS_QUEUE,
  WIRE_VERSION,
  type BatchOrder,
} from '@muster/protocol';
import type { TickStore } from '@muster/tick-state';
import { FlowProducer, type FlowJob, type JobsOptions } from 'bullmq';
import type { TickPlan } from './plan-tick.js';

/** What the parent's job holds, for people who look at the queue. */
interface TickJobData {
  readonly v: typeof WIRE_VERSION;
  readonly tick: string;
  readonly lane: string;
  readonly drones: number;
  readonly policy: string;
  readonly deadlineMs: number;
}

/** For whoever looks at the queue; a tick that is forgotten earlier takes its parent's job along. */
const KEPT = { count: 1_000, age: 7 * 24 * 3_600 };

const PARENT_OPTIONS: JobsOptions = { removeOnComplete: KEPT, removeOnFail: KEPT };

/** A child leaves nothing behind: what became of it is in the tick's own state. */
const CHILD_OPTIONS: JobsOptions = {
  removeOnComplete: true,
  removeOnFail: true,
  ignoreDependencyOnFailure: true,
};

/** Pure: the flow for BullMQ. */
export function buildFlow(
  tick: {
    readonly id: string;
    readonly lane: string;
    readonly epoch: number;
    readonly policy: string;
    readonly deadlineMs: number;
  },
  plan: TickPlan,
): FlowJob {
  const { id, lane, epoch, policy, deadlineMs } = tick;
  const data: TickJobData = {
    v: WIRE_VERSION,
    tick: id,
    lane,
    drones: plan.drones.length,
    policy,
    deadlineMs,
  };
  return {
    name: lane,
    queueName: TICKS_QUEUE,
    data,
    opts: { ...PARENT_OPTIONS, jobId: id },
    children: plan.drones.map(({ drone, queue, batch }) => ({
      name: batchName(lane, drone),
      queueName: queue,
      data: {
        v: WIRE_VERSION,
        tick: id,
        lane,
        epoch,
        drone,
        batch,
        summary: plan.summaries[batch] ?? '',
      } satisfies BatchOrder,
      opts: { ...CHILD_OPTIONS, jobId: batchJobId(drone, id) },
    })),
  };
}

export class FlowSender {
  readonly #producer: FlowProducer;

  constructor(store: TickStore) {
    this.#producer = new FlowProducer({ connection: store.redis, prefix: store.prefix });
    this.#producer.on('error', () => undefined);
  }

  async send(flow: FlowJob): Promise<void> {
    await this.#producer.add(flow);
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }
}
