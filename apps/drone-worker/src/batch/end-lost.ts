/** Ends what a silent worker's calls have left running on a drone, and notes whether it is gone. */
import type { DroneEntry } from '@muster/fleet';
import { readTickSettings } from '@muster/protocol';
import { readStoredSettings, recordEnd, runningCall, type TickStore } from '@muster/tick-state';
import { endProcess } from '../process/end-process.js';
import type { Transport } from '../transport/transport.js';
import { markOf } from './call-to-run.js';

/** The tick is about to be closed: there is no time for a grace. Milliseconds. */
const GRACE_MS = 100;
const CONNECT_MS = 1_000;

export async function endLost(
  store: TickStore,
  tick: string,
  drone: DroneEntry,
  transport: Transport,
): Promise<void> {
  const settings = await readStoredSettings(store, tick);
  if (settings === null) return;
  const { nonce } = readTickSettings(settings);
  const connected = await transport.connect(CONNECT_MS, AbortSignal.timeout(CONNECT_MS));
  if (!connected.ok) return;
  try {
    // What its earlier calls have left behind is there on purpose.
    const index = await runningCall(store, { tick, drone: drone.name });
    const mark = markOf({ tick, nonce, drone: drone.name, index });
    await recordEnd(
      store,
      tick,
      drone.name,
      await endProcess(connected.session, { mark, graceMs: GRACE_MS }),
    );
  } finally {
    connected.session.release();
  }
}
