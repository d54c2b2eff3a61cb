/**
 * Names of everything Muster keeps in Redis. All keys carry one hash tag, so an
 * installation lies in one slot and runs on Redis Cluster (invariant I8).
 */
export interface KeySpace {
  /** BullMQ's prefix, and the beginning of every key. */
  readonly prefix: string;
}

export const DEFAULT_PREFIX = '{muster}';

/** The queue of the flows' parents. */
export const TICKS_QUEUE = 'ticks';

/** The queue of the jobs that hold a parent open while its drones' jobs are added; no worker serves it. */
export const GATES_QUEUE = 'gates';

/** The queue that the near workers of a site serve. */
export function siteQueue(site: string): string {
  return `site.${site}`;
}

/** The queue that the worker on a drone serves. */
export function droneQueue(drone: string): string {
  return `drone.${drone}`;
}

/** `default-42`: the tick's id, from its lane and its number there. */
export function tickId(lane: string, epoch: number): string {
  return `${lane}-${String(epoch)}`;
}

/** The lane and number of a tick's id, or undefined when it is none. */
export function parseTickId(id: string): { lane: string; epoch: number } | undefined {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)-([1-9]\d{0,15})$/.exec(id);
  if (match?.[1] === undefined) return undefined;
  return { lane: match[1], epoch: Number(match[2]) };
}

/** The id of a drone's job: neither part can hold an `@`, so no two are alike. */
export function batchJobId(drone: string, tick: string): string {
  return `${drone}@${tick}`;
}

/** `<lane>.<drone>`: how a running batch is called in logs, metrics and queues (behaviour 15). */
export function batchName(lane: string, drone: string): string {
  return `${lane}.${drone}`;
}

export const keys = {
  lane: (prefix: string, lane: string) => `${prefix}:lane:${lane}`,
  /** Hash: the tick's own state, its truth. */
  tick: (prefix: string, tick: string) => `${prefix}:tick:${tick}`,
  roster: (prefix: string, tick: string) => `${prefix}:tick:${tick}:roster`,
  /** Hash: the tick's distinct batches by number, JSON lists of calls. */
  batches: (prefix: string, tick: string) => `${prefix}:tick:${tick}:batches`,
  /** Hash: who holds which drone's batch. */
  claims: (prefix: string, tick: string) => `${prefix}:tick:${tick}:claims`,
  /** Hash: what began and what ended of each drone's calls, `<drone>/<index>`; gone once the tick is closed. */
  journal: (prefix: string, tick: string) => `${prefix}:tick:${tick}:journal`,
  reports: (prefix: string, tick: string) => `${prefix}:tick:${tick}:reports`,
  outputs: (prefix: string, tick: string) => `${prefix}:tick:${tick}:outputs`,
  /** List: drones in the order they reported. */
  arrivals: (prefix: string, tick: string) => `${prefix}:tick:${tick}:arrivals`,
  /** Sorted set: when a combiner must next look at a tick (Redis' clock, milliseconds). */
  deadlines: (prefix: string) => `${prefix}:deadlines`,
  /** Sorted set: all kept ticks by their start. */
  ticks: (prefix: string) => `${prefix}:all-ticks`,
  /** Hash: how many ticks are kept, and for how long. */
  retention: (prefix: string) => `${prefix}:retention`,
  /** Sorted set: workers by when they were last seen. */
  workers: (prefix: string) => `${prefix}:workers`,
  /** Hash: what each worker says of itself. */
  presence: (prefix: string) => `${prefix}:presence`,
  /** Hash: each drone's last outcome. */
  lastOutcomes: (prefix: string) => `${prefix}:last-outcomes`,
  /** Channel: ids of the lane's ticks as they are closed. */
  closedTicks: (prefix: string, lane: string) => `${prefix}:lane:${lane}`,
  /** Channel: what every worker and combiner must hear. */
  control: (prefix: string) => `${prefix}:control`,
} as const;
