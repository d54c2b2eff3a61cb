/** What a distributed task queue is told when it is opened. */
import type { KnownMethods } from '@muster/protocol';
import type { Logger } from '@muster/runtime';
import type { Retention } from '@muster/tick-state';
import type { DroneFleet } from '../fleet.js';
import type { GivenPolicy } from './queue-policy.js';

export interface DroneTaskQueueSettings {
  /** The lane. Queues of different names know nothing of each other. */
  readonly name: string;
  readonly fleet: DroneFleet;
  /** URL of the Redis. May be `process.env.MUSTER_REDIS_URL`; undefined is refused when opened. */
  readonly redis: string | undefined;
  /** Milliseconds from `execute` to the tick's end; default 60,000. */
  readonly deadlineMs?: number;
  /** Milliseconds for a connection to a drone, bounded by the deadline; default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Rules as for `--policy`, or a policy; default `all`. */
  readonly policy?: GivenPolicy;
  /** How often a batch may be tried; default 1. */
  readonly attempts?: number;
  /** Methods of the user's own; those that living workers announce are known as well. */
  readonly methods?: KnownMethods;
  /** Whether to host a combiner, so that ticks end also where no other runs; default true. */
  readonly hostCombiner?: boolean;
  /** How many ticks the installation keeps, and for how long, from now on; default: what it was told last. Read by the combiner that it hosts. */
  readonly retention?: Retention | undefined;
  /** The hash tag that begins every key; default `{muster}`. */
  readonly prefix?: string;
  readonly log?: Logger;
  /** Whether `muster.drone.duration` has the drones' names: as many time series as drones; default false. */
  readonly droneMetrics?: boolean;
}
