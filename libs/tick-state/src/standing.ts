/** How each drone of a fleet stands: what its last tick said, and whether anybody would serve it. */
import {
  droneQueue,
  siteQueue,
  type DroneStanding,
  type Health,
  type Outcome,
  type Place,
  type Presence,
} from '@muster/protocol';
import type { LastOutcome } from './last-outcomes.js';
import { queuesOf } from './presence.js';

/** The fleet file's drones. */
export interface Places {
  readonly names: readonly string[];
  get(name: string): Place | undefined;
}

/** Pure: every drone of the fleet file, in its order. */
export function standings(
  fleet: Places,
  workers: readonly Pick<Presence, 'sites' | 'drones'>[],
  last: ReadonlyMap<string, LastOutcome>,
): Map<string, DroneStanding> {
  const served = new Set(workers.flatMap(queuesOf));
  const drones = new Map<string, DroneStanding>();
  for (const name of fleet.names) {
    const entry = fleet.get(name);
    if (entry === undefined) continue;
    const { transport, site, address, enabled, tags } = entry;
    const said = last.get(name);
    drones.set(name, {
      transport,
      site,
      address,
      enabled,
      tags,
      health: healthOf(enabled, served.has(queueOf(name, entry)), said?.outcome),
      lastOutcome: said?.outcome ?? null,
      lastTick: said?.tick ?? null,
    });
  }
  return drones;
}

/** The queue of the workers that serve the drone. */
export function queueOf(name: string, { transport, site }: Pick<Place, 'transport' | 'site'>) {
  return transport === 'agent' ? droneQueue(name) : siteQueue(site);
}

function healthOf(enabled: boolean, served: boolean, last: Outcome | undefined): Health {
  if (!enabled) return 'disabled';
  if (!served) return 'unserved';
  if (last === undefined) return 'unknown';
  return last === 'ok' ? 'ok' : 'bad';
}
