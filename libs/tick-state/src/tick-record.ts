/** Puts a tick's record together from its state: reports where there are some, the verdict for the rest. */
import {
  callsNotReported,
  describeFailure,
  entryOfMissing,
  entryOfUnreported,
  keys,
  missingByDrone,
  readReportOrRejection,
  type Call,
  type DroneEntry,
  type Failure,
  type Misfortune,
  type RecordHead,
  type TickRecord,
  type Verdict,
} from '@muster/protocol';
import { readClaims } from './claims.js';
import type { RosterEntry } from './roster.js';
import { readFinished } from './transitions/begin-call.js';
import { readTickRoster, statusOf, type TickFacts } from './tick-facts.js';
import type { TickStore } from './store.js';

/** Drones read in one round trip: large enough to be quick, small enough not to hold Redis up. */
const CHUNK = 250;

/** The record without its drones. `failure` needs the bad drones, see `withFailure`. */
export function recordHead(facts: TickFacts, failure: Failure | null): RecordHead {
  return {
    tick: facts.tick,
    lane: facts.lane,
    status: statusOf(facts),
    startedAt: new Date(facts.startedAt).toISOString(),
    finishedAt: facts.finishedAt === null ? null : new Date(facts.finishedAt).toISOString(),
    durationMs: facts.finishedAt === null ? null : facts.finishedAt - facts.startedAt,
    deadlineMs: facts.deadlineMs,
    policy: facts.policy,
    counts: facts.verdict?.counts ?? {},
    failure,
  };
}

/** What is stored of some drones, asked for before anybody reads their entries. */
export interface ReadAhead {
  readonly roster: readonly RosterEntry[];
  readonly stored: Promise<readonly Stored[]>;
}

/** Asks at once for what is stored of a closed tick's drones; undefined where that is more than one round trip. */
export function readAhead(
  store: TickStore,
  tick: string,
  roster: readonly RosterEntry[],
): ReadAhead | undefined {
  if (roster.length > CHUNK) return undefined;
  const stored = readStored(store, tick, roster);
  // Whoever reads the entries meets it.
  stored.catch(() => undefined);
  return { roster, stored };
}

/** Every drone of the tick with its entry, in the roster's order, read as it is consumed. */
export async function* readEntries(
  store: TickStore,
  facts: Pick<TickFacts, 'tick' | 'state' | 'verdict'>,
  roster?: readonly RosterEntry[],
  ahead?: ReadAhead,
): AsyncGenerator<[string, DroneEntry]> {
  const all = roster ?? (await readTickRoster(store, facts.tick));
  const missing = missingByDrone(facts.verdict?.missing ?? []);
  const methods = new Map<number, readonly string[]>();
  for (let from = 0; from < all.length; from += CHUNK) {
    const some = all.slice(from, from + CHUNK);
    const stored = await (ahead?.stored ?? readStored(store, facts.tick, some));
    const unreported = some.filter((_, index) => stored[index]?.entry === undefined);
    const claims =
      facts.state === 'closed' || unreported.length === 0
        ? undefined
        : await readClaims(
            store,
            facts.tick,
            unreported.map(({ drone }) => drone),
          );
    for (const [index, { drone, batch }] of some.entries()) {
      const { entry: own, results = [] } = stored[index] ?? {};
      if (own !== undefined && own.calls.length > 0) {
        yield [drone, own];
        continue;
      }
      let names = methods.get(batch);
      if (names === undefined) {
        names = (await readBatch(store, facts.tick, batch)).map((call) => call.method);
        methods.set(batch, names);
      }
      const lost = missing.get(drone);
      const claim = claims?.get(drone);
      // A worker that could not read its batch says nothing of the calls.
      if (own !== undefined)
        yield [drone, { ...own, calls: callsNotReported(names, own.outcome ?? 'rejected') }];
      else if (lost !== undefined) yield [drone, entryOfMissing(lost, names, results)];
      else if (claim === undefined) yield [drone, entryOfUnreported(names, null)];
      else {
        const done = await readFinished(store, { tick: facts.tick, drone }, names.length);
        const { worker, attempts, lastAttempt } = claim;
        const isHeld = lastAttempt === undefined;
        yield [drone, entryOfUnreported(names, { worker, attempts, isHeld, results: done })];
      }
    }
  }
}

export interface Stored {
  /** What the drone's report says. */
  readonly entry?: DroneEntry;
  /** Also of a drone without a report: what its journal had when the tick was closed. */
  readonly results: readonly unknown[];
}

/** What is stored of each drone, aligned with `drones`. */
async function readStored(
  store: TickStore,
  tick: string,
  drones: readonly RosterEntry[],
): Promise<Stored[]> {
  const names = drones.map(({ drone }) => drone);
  const [reports, outputs] = await Promise.all([
    store.redis.hmget(keys.reports(store.prefix, tick), ...names),
    store.redis.hmget(keys.outputs(store.prefix, tick), ...names),
  ]);
  return reports.map((report, index): Stored => {
    const results = JSON.parse(outputs[index] ?? '[]') as unknown[];
    if (report === null) return { results };
    return { results, entry: entryOf(report, names[index] ?? '', results) };
  });
}

function entryOf(report: string, drone: string, results: readonly unknown[]): DroneEntry {
  const { drone: _drone, ...said } = readReportOrRejection(report, drone);
  return { ...said, results };
}

/** One of the tick's distinct batches. */
export async function readBatch(store: TickStore, tick: string, batch: number): Promise<Call[]> {
  const text = await store.redis.hget(keys.batches(store.prefix, tick), String(batch));
  return text === null ? [] : (JSON.parse(text) as Call[]);
}

/** The whole record, with every entry in memory; for large ticks, `readEntries` streams. */
export async function readRecord(store: TickStore, facts: TickFacts): Promise<TickRecord> {
  const drones: Record<string, DroneEntry> = {};
  for await (const [drone, entry] of readEntries(store, facts)) drones[drone] = entry;
  return { ...recordHead(facts, failureOf(facts.verdict, Object.entries(drones))), drones };
}

/** The failure of a closed tick: its stored line, and each bad drone's own. */
export function failureOf(
  verdict: Pick<Verdict, 'message'> | null,
  entries: readonly (readonly [string, Pick<DroneEntry, 'outcome' | 'error'>])[],
): Failure | null {
  const message = verdict?.message ?? null;
  if (message === null) return null;
  const bad = new Map<string, Misfortune>();
  for (const [drone, { outcome, error }] of entries) {
    if (outcome !== null && outcome !== 'ok') bad.set(drone, { outcome, error });
  }
  return { message, drones: describeFailure(bad, entries.length).drones };
}
