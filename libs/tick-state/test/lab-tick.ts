/** A tick of a small lab, and what its workers and combiners say of it. */
import {
  keys,
  siteQueue,
  writeReport,
  type Presence,
  type Report,
  type Verdict,
} from '@muster/protocol';
import {
  claimBatch,
  heartbeat,
  openTick,
  writeRoster,
  type ClaimReply,
  type FirstCall,
  type Opened,
  type OpenRequest,
  type ReportRequest,
  type TickStore,
} from '../src/index.js';
import { redisNow } from './fresh-store.js';

export const EXEC_AND_PING = JSON.stringify([
  { method: 'exec', args: { argv: ['true'] }, timeoutMs: 1_000, effect: 'once' },
  { method: 'ping', args: {}, timeoutMs: 1_000, effect: 'read' },
]);

export function labRequest(
  drones: readonly string[],
  some: Partial<OpenRequest> = {},
): OpenRequest {
  return {
    lane: 'default',
    token: 'producer-1',
    deadlineMs: 60_000,
    detached: false,
    roster: writeRoster(drones.map((drone) => ({ drone, queue: siteQueue('lab'), batch: 0 }))),
    size: drones.length,
    policy: 'all',
    settings: '{"v":1}',
    batches: [EXEC_AND_PING],
    ...some,
  };
}

export type LabTick = Extract<Opened, { ok: true }>;

/** Opens a tick that must not be refused. */
export async function openLab(
  store: TickStore,
  drones: readonly string[] = ['lab1', 'lab2'],
  some: Partial<OpenRequest> = {},
): Promise<LabTick> {
  const opened = await openTick(store, labRequest(drones, some));
  if (!opened.ok) throw new Error(`refused: ${opened.refusal} ${opened.tick}`);
  return opened;
}

/** Claims the drone's batch for `worker`, with a token of that worker and drone. */
export async function claim(
  store: TickStore,
  { tick, epoch }: Pick<LabTick, 'tick' | 'epoch'>,
  drone: string,
  worker = 'host:1',
  first?: FirstCall,
): Promise<ClaimReply> {
  return claimBatch(store, { tick, epoch, drone, worker, token: tokenOf(worker, drone), first });
}

export function tokenOf(worker: string, drone: string): string {
  return `${worker} ${drone}`;
}

/** What `host:1` reports of the drone's batch. */
export function reportOf(
  { tick, epoch }: Pick<LabTick, 'tick' | 'epoch'>,
  drone: string,
  some: Partial<Report> = {},
): ReportRequest {
  const report: Report = {
    drone,
    outcome: 'ok',
    error: null,
    warnings: [],
    attempts: 1,
    worker: 'host:1',
    calls: [
      { method: 'exec', status: 'ok', durationMs: 3 },
      { method: 'ping', status: 'ok', durationMs: 1 },
    ],
    timings: { queuedMs: 2, connectMs: 0, runMs: 4 },
    ...some,
  };
  return {
    tick,
    epoch,
    drone,
    token: tokenOf('host:1', drone),
    report: writeReport(report),
    outcome: report.outcome,
    results: JSON.stringify([{ exitCode: 0 }, { time: drone }]),
  };
}

export const VERDICT_OK: Verdict = { status: 'ok', counts: { ok: 2 }, message: null, missing: [] };

export const VERDICT_FAILED: Verdict = {
  status: 'failed',
  counts: { never_started: 2 },
  message: '2 of 2 drones failed: lab[1-2] never_started (no worker serves it)',
  missing: [
    {
      drones: 'lab[1-2]',
      outcome: 'never_started',
      error: { message: 'no worker serves it' },
      worker: null,
      attempts: 0,
    },
  ],
};

export function presenceOf(id: string, some: Partial<Presence> = {}): Presence {
  return {
    id,
    lease: id,
    sites: ['lab'],
    drones: [],
    version: '0.1.0',
    concurrency: 4,
    active: 0,
    startedAt: '2026-01-01T00:00:00.000Z',
    methods: {},
    ...some,
  };
}

/** The worker was last heard of `ago` milliseconds ago. */
export async function lastHeard(store: TickStore, worker: string, ago: number): Promise<void> {
  await heartbeat(store, presenceOf(worker), []);
  await store.redis.zadd(keys.workers(store.prefix), (await redisNow(store)) - ago, worker);
}

/** Turns a moment of the tick's own state to one that is `ago` milliseconds past. */
export async function setPast(
  store: TickStore,
  tick: string,
  field: 'deadlineAt' | 'closeAt',
  ago = 0,
): Promise<void> {
  await store.redis.hset(keys.tick(store.prefix, tick), field, (await redisNow(store)) - ago);
}

/** All that is stored of a tick, to see that something changed nothing. */
export async function everythingOf(store: TickStore, tick: string): Promise<unknown> {
  const { prefix, redis } = store;
  return Promise.all([
    redis.hgetall(keys.tick(prefix, tick)),
    redis.get(keys.roster(prefix, tick)),
    redis.hgetall(keys.batches(prefix, tick)),
    redis.hgetall(keys.claims(prefix, tick)),
    redis.hgetall(keys.journal(prefix, tick)),
    redis.hgetall(keys.reports(prefix, tick)),
    redis.hgetall(keys.outputs(prefix, tick)),
    redis.lrange(keys.arrivals(prefix, tick), 0, -1),
    redis.zrange(keys.deadlines(prefix), 0, '-1', 'WITHSCORES'),
    redis.hgetall(keys.lastOutcomes(prefix)),
  ]);
}
