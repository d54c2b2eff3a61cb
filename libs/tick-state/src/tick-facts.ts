/** Reads what a tick's own state says of it. */
import { keys, type TickStatus, type Verdict } from '@muster/protocol';
import { readRoster, type RosterEntry } from './roster.js';
import type { ClosingReason } from './transitions/begin-closing.js';
import type { TickStore } from './store.js';

export interface TickFacts {
  readonly tick: string;
  readonly lane: string;
  readonly epoch: number;
  readonly state: 'open' | 'closing' | 'closed';
  /** Redis' clock, milliseconds since 1970. */
  readonly startedAt: number;
  readonly deadlineMs: number;
  readonly policy: string;
  /** What it tells workers, as `writeTickSettings` gave it. */
  readonly settings: string;
  /** Drones addressed. */
  readonly size: number;
  readonly closingReason: ClosingReason | null;
  readonly closingText: string;
  /** When a closing tick is closed at the latest. Redis' clock, milliseconds since 1970. */
  readonly closeAt: number | null;
  readonly finishedAt: number | null;
  /** Set once the tick is closed. */
  readonly verdict: Verdict | null;
}

/** Undefined when there is no such tick, or none any more. */
export async function readTickFacts(
  store: TickStore,
  tick: string,
): Promise<TickFacts | undefined> {
  return parseFacts(await store.redis.hgetall(keys.tick(store.prefix, tick)));
}

/** The facts of several ticks in one round trip; those that are gone are left out. */
export async function readManyTickFacts(
  store: TickStore,
  ticks: readonly string[],
): Promise<TickFacts[]> {
  const found: TickFacts[] = [];
  for (let from = 0; from < ticks.length; from += 200) {
    const some = ticks.slice(from, from + 200);
    const hashes = await Promise.all(
      some.map((tick) => store.redis.hgetall(keys.tick(store.prefix, tick))),
    );
    for (const hash of hashes) {
      const facts = parseFacts(hash);
      if (facts !== undefined) found.push(facts);
    }
  }
  return found;
}

function parseFacts(hash: Record<string, string>): TickFacts | undefined {
  const { tick, lane, state } = hash as {
    tick?: string;
    lane?: string;
    state?: TickFacts['state'];
  };
  if (tick === undefined || lane === undefined || state === undefined) return undefined;
  return {
    tick,
    lane,
    state,
    epoch: Number(hash['epoch']),
    startedAt: Number(hash['startedAt']),
    deadlineMs: Number(hash['deadlineMs']),
    policy: hash['policy'] ?? 'all',
    settings: hash['settings'] ?? '{}',
    size: Number(hash['size']),
    closingReason: (hash['closingReason'] as ClosingReason | undefined) ?? null,
    closingText: hash['closingText'] ?? '',
    closeAt: hash['closeAt'] === undefined ? null : Number(hash['closeAt']),
    finishedAt: hash['finishedAt'] === undefined ? null : Number(hash['finishedAt']),
    verdict: hash['verdict'] === undefined ? null : (JSON.parse(hash['verdict']) as Verdict),
  };
}

/** `ok`, `failed` or `cancelled` once the tick is closed; `running` until then. */
export function statusOf(facts: TickFacts): TickStatus {
  return facts.verdict?.status ?? 'running';
}

/** What the tick tells workers, as `writeTickSettings` gave it; null when there is no such tick. */
export async function readStoredSettings(
  { redis, prefix }: TickStore,
  tick: string,
): Promise<string | null> {
  return redis.hget(keys.tick(prefix, tick), 'settings');
}

export async function readTickRoster(store: TickStore, tick: string): Promise<RosterEntry[]> {
  const text = await store.redis.get(keys.roster(store.prefix, tick));
  return text === null ? [] : readRoster(text);
}

/** Ids of all ticks that are kept, newest first; `limit` bounds their number. */
export async function listTicks(store: TickStore, limit?: number): Promise<string[]> {
  // As an end, -1 would mean the last one.
  if (limit === 0) return [];
  return store.redis.zrevrange(keys.ticks(store.prefix), 0, limit === undefined ? -1 : limit - 1);
}
