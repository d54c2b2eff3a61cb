/** Passes on reports as they come in: by the list of arrivals, so that each is read once. */
import { keys, type DroneEntry } from '@muster/protocol';
import { delay } from '@muster/runtime';
import { readReportedEntry, type TickStore } from '@muster/tick-state';

/** How often the list is looked at, in milliseconds. */
const POLL_MS = 50;

/**
 * Calls `onReport` for each drone that reports until `signal` is aborted. Gives the drones that it was
 * called for. Trouble with Redis is left to whoever follows the tick itself.
 */
export async function followReports(
  store: TickStore,
  tick: string,
  onReport: (drone: string, entry: DroneEntry) => void,
  signal: AbortSignal,
): Promise<Set<string>> {
  const seen = new Set<string>();
  const list = keys.arrivals(store.prefix, tick);
  let more = true;
  while (more) {
    more = await delay(POLL_MS, signal);
    try {
      const arrived = await store.redis.lrange(list, seen.size, seen.size + 999);
      const entries = await Promise.all(
        arrived.map((drone) => readReportedEntry(store, tick, drone)),
      );
      for (const [index, drone] of arrived.entries()) {
        const entry = entries[index];
        if (entry === undefined) continue;
        seen.add(drone);
        onReport(drone, entry);
      }
    } catch {
      continue;
    }
  }
  return seen;
}
