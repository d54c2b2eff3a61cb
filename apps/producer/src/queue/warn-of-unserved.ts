import { foldNodeSet } from '@muster/protocol';
import { delay, type Logger } from '@muster/runtime';
import { livingWorkers, queuesOf, type RosterEntry, type TickStore } from '@muster/tick-state';

/** A tick that is over by then had its workers, and nobody asks who they are. Milliseconds. */
const AFTER_MS = 200;

/**
 * Logs which drones nobody serves, unless the tick is over before: whoever waits for it should not learn
 * that only at its deadline.
 */
export async function warnOfUnserved(
  store: TickStore,
  drones: readonly RosterEntry[],
  log: Logger,
  over: AbortSignal,
): Promise<void> {
  if (!(await delay(AFTER_MS, over))) return;
  const workers = await livingWorkers(store).catch(() => null);
  if (workers === null) return;
  const served = new Set(workers.flatMap(queuesOf));
  const unserved = drones.filter(({ queue }) => !served.has(queue)).map(({ drone }) => drone);
  if (unserved.length === 0) return;
  const names = foldNodeSet(unserved);
  log.warn({ drones: names }, 'no worker serves these drones yet');
}
