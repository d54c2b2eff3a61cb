/** Combines a tick's reports into its verdict, and closes it with that: the first combiner wins. */
import {
  combine,
  keys,
  parsePolicy,
  readReportOrRejection,
  type ClaimFact,
  type Misfortune,
  type Verdict,
} from '@muster/protocol';
import {
  closeTick,
  livingWorkers,
  noteMissing,
  queuesOf,
  readClaims,
  readTickFacts,
  readTickRoster,
  type CloseReply,
  type RosterEntry,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';

/** Drones read in one round trip. */
const CHUNK = 500;

export type CloseAttempt =
  | {
      readonly reply: CloseReply;
      /** As they were before; once it is closed by this attempt, with its verdict. */
      readonly facts: TickFacts;
      readonly unreported: readonly RosterEntry[];
    }
  | { readonly reply: 'gone' };

/**
 * Tries to close the tick; `early` when it is neither complete nor at the end of its time.
 * `isSmall` when it is known to have few drones: all is then read in one round trip.
 */
export async function tryToClose(
  store: TickStore,
  tick: string,
  isSmall = false,
): Promise<CloseAttempt> {
  const key = keys.reports(store.prefix, tick);
  for (;;) {
    // Counted before they are read: a report that comes meanwhile makes the verdict be made again.
    const [facts, seen, roster, texts] = await Promise.all([
      readTickFacts(store, tick),
      store.redis.hlen(key),
      readTickRoster(store, tick),
      isSmall ? store.redis.hgetall(key) : undefined,
    ]);
    if (facts === undefined) return { reply: 'gone' };
    const reports =
      texts === undefined ? await readReports(store, tick, roster) : parseReports(texts);
    const unreported = roster.filter(({ drone }) => !reports.has(drone));
    if (facts.state === 'closed') return { reply: 'already', facts, unreported };
    if (unreported.length > 0 && facts.state === 'open')
      return { reply: 'early', facts, unreported };
    const claims = await readClaims(
      store,
      tick,
      unreported.map(({ drone }) => drone),
    );
    const verdict = await judge(store, facts, roster, reports, unreported, claims);
    const reply = await closeTick(store, tick, seen, verdict, [...claims.keys()]);
    if (reply === 'closed') await noteMissing(store, tick, verdict.missing);
    const isOurs = reply === 'closed';
    if (reply !== 'changed')
      return { reply, facts: isOurs ? { ...facts, state: 'closed', verdict } : facts, unreported };
  }
}

async function judge(
  store: TickStore,
  facts: TickFacts,
  roster: readonly RosterEntry[],
  reports: ReadonlyMap<string, Misfortune>,
  unreported: readonly RosterEntry[],
  claims: ReadonlyMap<string, ClaimFact>,
): Promise<Verdict> {
  const queues = new Map(unreported.map(({ drone, queue }) => [drone, queue]));
  const served = unreported.length === 0 ? new Set<string>() : await servedQueues(store);
  return combine({
    roster: roster.map(({ drone }) => drone),
    policy: parsePolicy([facts.policy]),
    ending: facts.closingReason ?? 'reports',
    deadlineMs: facts.deadlineMs,
    ...(facts.closingText !== '' && { cancelReason: facts.closingText }),
    reports,
    claims,
    isServed: (drone) => served.has(queues.get(drone) ?? ''),
  });
}

async function servedQueues(store: TickStore): Promise<Set<string>> {
  return new Set((await livingWorkers(store)).flatMap(queuesOf));
}

function parseReports(texts: Record<string, string>): Map<string, Misfortune> {
  const reports = new Map<string, Misfortune>();
  for (const [drone, text] of Object.entries(texts)) reports.set(drone, misfortuneOf(text, drone));
  return reports;
}

function misfortuneOf(text: string, drone: string): Misfortune {
  const { outcome, error } = readReportOrRejection(text, drone);
  return { outcome, error };
}

async function readReports(
  store: TickStore,
  tick: string,
  roster: readonly RosterEntry[],
): Promise<Map<string, Misfortune>> {
  const reports = new Map<string, Misfortune>();
  await readChunks(store, keys.reports(store.prefix, tick), roster, (drone, text) => {
    reports.set(drone, misfortuneOf(text, drone));
  });
  return reports;
}

async function readChunks(
  store: TickStore,
  key: string,
  drones: readonly RosterEntry[],
  each: (drone: string, text: string) => void,
): Promise<void> {
  for (let from = 0; from < drones.length; from += CHUNK) {
    const names = drones.slice(from, from + CHUNK).map(({ drone }) => drone);
    const texts = await store.redis.hmget(key, ...names);
    for (const [index, text] of texts.entries()) {
      const drone = names[index];
      if (text !== null && drone !== undefined) each(drone, text);
    }
  }
}
