/** Reads reports as they come in: by the list of arrivals, so that each is read once. */
import { keys, type DroneEntry } from '@muster/protocol';
import { delay } from '@muster/runtime';
import { readEntries, type RosterEntry, type TickStore } from '@muster/tick-state';

/** Arrivals read at once. */
const AT_ONCE = 1_000;

export interface ReportWatch {
  readonly onReport?: ((drone: string, entry: DroneEntry) => void) | undefined;
  /** What is kept of an entry. */
  readonly keep: (entry: DroneEntry) => DroneEntry;
  readonly pollMs: number;
}

/**
 * Puts each drone that has reported into `entries`, and calls `onReport` with it, until `signal` is
 * aborted; looks every `pollMs` milliseconds, and where somebody listens, once more at the end, so
 * that they are told in the order of their coming. Trouble with Redis is left to whoever follows
 * the tick itself.
 */
export async function followReports(
  store: TickStore,
  tick: string,
  roster: ReadonlyMap<string, RosterEntry>,
  entries: Map<string, DroneEntry>,
  { onReport, keep, pollMs }: ReportWatch,
  signal: AbortSignal,
): Promise<void> {
  const list = keys.arrivals(store.prefix, tick);
  let seen = 0;
  let more = true;
  while (more) {
    more = await delay(pollMs, signal);
    if (!more && onReport === undefined) return;
    try {
      let arrived: string[];
      do {
        arrived = await store.redis.lrange(list, seen, seen + AT_ONCE - 1);
        const some = arrived
          .map((drone) => roster.get(drone))
          .filter((entry) => entry !== undefined);
        const facts = { tick, state: 'open', verdict: null } as const;
        for await (const [drone, entry] of readEntries(store, facts, some)) {
          // Who has arrived has a report: without one, the tick was forgotten between the two questions.
          if (entry.outcome === null || entries.has(drone)) continue;
          entries.set(drone, keep(entry));
          onReport?.(drone, entry);
        }
        seen += arrived.length;
        // They come faster than we look: so we do not wait.
      } while (arrived.length === AT_ONCE && !signal.aborted);
    } catch {
      continue;
    }
  }
}
