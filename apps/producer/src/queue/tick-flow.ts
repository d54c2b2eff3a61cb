/** The jobs of a tick's BullMQ flow: a parent in `ticks`, a child for each drone in the queue that its workers serve. Pure. */
import {
  batchJobId,
  batchName,
  GATES_QUEUE,
  TICKS_QUEUE,
  WIRE_VERSION,
  type BatchOrder,
} from '@muster/protocol';
import { CHILD_OPTIONS, type JobToAdd } from '@muster/jobs';
import type { FlowJob, JobsOptions } from 'bullmq';
import type { PlannedDrone, TickPlan } from './plan-tick.js';

export interface TickToSend {
  readonly id: string;
  readonly lane: string;
  readonly epoch: number;
  readonly policy: string;
  readonly deadlineMs: number;
}

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

export function parentJob(tick: TickToSend, { drones }: TickPlan): FlowJob {
  const { id, lane, policy, deadlineMs } = tick;
  const v = WIRE_VERSION;
  const data: TickJobData = { v, tick: id, lane, drones: drones.length, policy, deadlineMs };
  return { name: lane, queueName: TICKS_QUEUE, data, opts: { ...PARENT_OPTIONS, jobId: id } };
}

/** The child that no worker takes: it holds its parent open while the drones' jobs are added. */
export function gateJob({ id }: TickToSend): FlowJob {
  return { name: id, queueName: GATES_QUEUE, opts: { ...CHILD_OPTIONS, jobId: id } };
}

/** The job of a drone's batch, and its queue. */
interface ChildJob extends JobToAdd {
  readonly queueName: string;
  readonly data: BatchOrder;
}

export function childJob(
  { id, lane, epoch }: TickToSend,
  { summaries }: TickPlan,
  { drone, queue, batch }: PlannedDrone,
): ChildJob {
  const data: BatchOrder = {
    v: WIRE_VERSION,
    tick: id,
    lane,
    epoch,
    drone,
    batch,
    summary: summaries[batch] ?? '',
  };
  return { id: batchJobId(drone, id), name: batchName(lane, drone), queueName: queue, data };
}
