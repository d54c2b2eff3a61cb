/** Every metric of Muster. docs/telemetry.md lists them, a test keeps it equal. */
import type { AttributeName } from './attributes.js';

export interface MetricDefinition {
  readonly name: string;
  /** `updowncounter` and `gauge` are observed, when somebody reads the metrics. */
  readonly type: 'histogram' | 'counter' | 'updowncounter' | 'gauge';
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly AttributeName[];
}

export const METRICS = {
  tickDuration: {
    name: 'muster.tick.duration',
    type: 'histogram',
    unit: 's',
    description: 'From the start of a tick to its end, as its record has it.',
    attributes: ['muster.lane', 'muster.tick.status'],
  },
  tickNetTime: {
    name: 'muster.tick.net_time',
    type: 'histogram',
    unit: 's',
    description: 'From the start of execute to the end of getResults.',
    attributes: ['muster.lane'],
  },
  tickDrones: {
    name: 'muster.tick.drones',
    type: 'counter',
    unit: '{drone}',
    description: 'Drones of ticks that have ended, by what became of them.',
    attributes: ['muster.lane', 'muster.drone.outcome'],
  },
  droneDuration: {
    name: 'muster.drone.duration',
    type: 'histogram',
    unit: 's',
    description: 'Connecting to a drone and running its batch.',
    attributes: ['muster.lane', 'muster.drone.outcome', 'muster.drone.name', 'muster.batch.name'],
  },
  queueWait: {
    name: 'muster.batch.queue_wait',
    type: 'histogram',
    unit: 's',
    description: 'From the enqueueing of a batch to its claim by a worker.',
    attributes: ['muster.lane', 'muster.site'],
  },
  retries: {
    name: 'muster.batch.retries',
    type: 'counter',
    unit: '{retry}',
    description: 'Batches that were given back to be tried again, by what became of the attempt.',
    attributes: ['muster.lane', 'muster.site', 'muster.drone.outcome'],
  },
  activeBatches: {
    name: 'muster.batch.active',
    type: 'updowncounter',
    unit: '{batch}',
    description: 'Batches that workers of this process hold.',
    attributes: [],
  },
  connectDuration: {
    name: 'muster.connect.duration',
    type: 'histogram',
    unit: 's',
    description: 'Getting a session to a drone; on a kept connection next to nothing.',
    attributes: ['muster.site', 'muster.transport', 'error.type'],
  },
  callDuration: {
    name: 'muster.call.duration',
    type: 'histogram',
    unit: 's',
    description: 'One call on a drone.',
    attributes: ['muster.method', 'muster.call.status'],
  },
  workers: {
    name: 'muster.workers',
    type: 'gauge',
    unit: '{worker}',
    description: 'Living workers of the installation, as a combiner sees them.',
    attributes: ['muster.worker.kind', 'muster.site'],
  },
  sshConnections: {
    name: 'muster.ssh.connections',
    type: 'updowncounter',
    unit: '{connection}',
    description: 'SSH connections of workers of this process.',
    attributes: ['muster.ssh.state'],
  },
  sshChannels: {
    name: 'muster.ssh.channels',
    type: 'updowncounter',
    unit: '{channel}',
    description: 'SSH channels that are open or being opened.',
    attributes: [],
  },
  redisDuration: {
    name: 'muster.redis.duration',
    type: 'histogram',
    unit: 's',
    description: 'How long Redis took to answer what is asked all the time anyway.',
    attributes: ['db.system.name', 'db.operation.name'],
  },
} as const satisfies Record<string, MetricDefinition>;

type Metric = (typeof METRICS)[keyof typeof METRICS];
export type MetricOf<Type extends MetricDefinition['type']> = Extract<Metric, { type: Type }>;
