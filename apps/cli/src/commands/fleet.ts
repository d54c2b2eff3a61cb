import { livingWorkers, readLastOutcomes, standings } from '@muster/tick-state';
import { foldNodeSet, type DroneStanding, type Presence } from '@muster/protocol';
import { EXIT } from '../exit-codes.js';
import { chooseFleet } from '../input/fleet-choice.js';
import { coloursFor, type Colours } from '../output/colours.js';
import { print } from '../output/streams.js';
import { withStore } from './reading.js';

export async function runFleet(options: {
  redis?: string;
  fleet?: string;
  json?: boolean;
}): Promise<number> {
  const fleet = await chooseFleet(options.fleet);
  return withStore(options.redis, async (store) => {
    const workers = await livingWorkers(store);
    const drones = standings(fleet.file, workers, await readLastOutcomes(store));
    const text =
      options.json === true
        ? `${JSON.stringify({ drones: Object.fromEntries(drones), workers })}\n`
        : fleetText(drones, workers, coloursFor(process.stdout));
    await print(text);
    return EXIT.ok;
  });
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
