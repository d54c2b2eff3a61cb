import {
  livingWorkers,
  queuesOf,
  readLastOutcomes,
  type Presence,
  type TickStore,
} from '@muster/tick-state';
import { droneQueue, foldNodeSet, siteQueue, type Outcome } from '@muster/protocol';
import type { DroneFleet } from '@muster/producer';
import { EXIT } from '../exit-codes.js';
import { chooseFleet } from '../input/fleet-choice.js';
import { coloursFor, type Colours } from '../output/colours.js';
import { print } from '../output/streams.js';
import { withStore } from './reading.js';

/** How a drone stands: what its last tick said, or that nobody would serve it. */
type Health = 'ok' | 'bad' | 'unknown' | 'unserved' | 'disabled';

interface DroneStanding {
  readonly transport: string;
  readonly site: string;
  readonly address: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
  readonly health: Health;
  readonly lastOutcome: Outcome | null;
  /** The tick that it is from. */
  readonly lastTick: string | null;
}

export async function runFleet(options: {
  redis?: string;
  fleet?: string;
  json?: boolean;
}): Promise<number> {
  const fleet = await chooseFleet(options.fleet);
  return withStore(options.redis, async (store) => {
    const workers = await livingWorkers(store);
    const drones = await standings(store, fleet, workers);
    const text =
      options.json === true
        ? `${JSON.stringify({ drones: Object.fromEntries(drones), workers })}\n`
        : fleetText(drones, workers, coloursFor(process.stdout));
    await print(text);
    return EXIT.ok;
  });
}

async function standings(
  store: TickStore,
  { file }: DroneFleet,
  workers: readonly Presence[],
): Promise<Map<string, DroneStanding>> {
  const served = new Set(workers.flatMap(queuesOf));
  const last = await readLastOutcomes(store);
  const drones = new Map<string, DroneStanding>();
  for (const name of file.names) {
    const entry = file.get(name);
    if (entry === undefined) continue;
    const { transport, site, address, enabled, tags } = entry;
    const said = last.get(name);
    const isServed = served.has(transport === 'agent' ? droneQueue(name) : siteQueue(site));
    const health = healthOf(enabled, isServed, said?.outcome);
    drones.set(name, {
      transport,
      site,
      address,
      enabled,
      tags,
      health,
      lastOutcome: said?.outcome ?? null,
      lastTick: said?.tick ?? null,
    });
  }
  return drones;
}

function healthOf(enabled: boolean, served: boolean, last: Outcome | undefined): Health {
  if (!enabled) return 'disabled';
  if (!served) return 'unserved';
  if (last === undefined) return 'unknown';
  return last === 'ok' ? 'ok' : 'bad';
}

function fleetText(
  drones: ReadonlyMap<string, DroneStanding>,
  workers: readonly Presence[],
  colours: Colours,
): string {
  const groups = new Map<string, { names: string[]; standing: DroneStanding }>();
  for (const [name, standing] of drones) {
    const { health, lastOutcome, site, transport } = standing;
    const key = [health, lastOutcome, site, transport].join(' ');
    const group = groups.get(key) ?? { names: [], standing };
    group.names.push(name);
    groups.set(key, group);
  }
  const paint = {
    ok: colours.green,
    bad: colours.red,
    unknown: colours.dim,
    unserved: colours.yellow,
    disabled: colours.dim,
  };
  const lines = [...groups.values()].map(({ names, standing }) => {
    const { health, lastOutcome, site, transport } = standing;
    const last = lastOutcome === null ? 'never called' : `last ${lastOutcome}`;
    return `${paint[health](health.padEnd(9))} ${colours.bold(foldNodeSet(names))} (${String(names.length)}) ${transport}, site ${site}, ${last}`;
  });
  const hands = workers.map((worker) => {
    const serves = [
      ...worker.sites.map((site) => `site ${site}`),
      ...worker.drones.map((drone) => `drone ${drone}`),
    ];
    return `worker    ${colours.bold(worker.id)} ${serves.join(', ')}; ${String(worker.active)} of ${String(worker.concurrency)} batches, version ${worker.version}`;
  });
  return [...lines, ...(hands.length === 0 ? [colours.yellow('no worker lives')] : hands)]
    .map((line) => `${line}\n`)
    .join('');
}
