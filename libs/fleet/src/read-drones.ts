/** Reads `drones`: node sets, of which a later one refines what an earlier one said. */
import { expandNodeSet, oneLine } from '@muster/protocol';
import type { Node } from 'yaml';
import { readMap, type Reading } from './read-map.js';
import { readNodeSet } from './read-node-set.js';
import { readSettings } from './read-settings.js';
import type { GivenSettings } from './settings.js';

const MAX_DRONES = 1_000_000;

export interface GivenDrones {
  /** By name, in file order. Drones that are given the same share one object. */
  readonly settings: ReadonlyMap<string, GivenSettings>;
  /** Whether every node set could be read: else who is missing may be meant to be there. */
  readonly complete: boolean;
}

/** All drones with what their entries give; `defaults` are what every drone begins with. */
export function readDrones(
  node: Node | null,
  defaults: GivenSettings,
  reading: Reading,
): GivenDrones {
  const drones = new Map<string, GivenSettings>();
  const settingsOf = settingsReader(reading);
  let complete = true;
  for (const { key, keyNode, value, at } of readMap(node, 'drones', undefined, reading)) {
    const names = readNodeSet(key, keyNode, 'bad node set', reading, expandNodeSet);
    const given = settingsOf(value, `drone ${oneLine(key, 60)}`);
    if (names === null) complete = false;
    else refine(drones, names, given, defaults);
    if (drones.size > MAX_DRONES) {
      reading.issues.add(at, 'more than 1,000,000 drones');
      return { settings: drones, complete: false };
    }
  }
  return { settings: drones, complete };
}

/** Reads each map once, however many aliases stand for it. */
function settingsReader(reading: Reading): (node: Node | null, place: string) => GivenSettings {
  const done = new Map<Node | null, GivenSettings>();
  return (node, place) => {
    const settings = done.get(node) ?? readSettings(node, place, reading);
    done.set(node, settings);
    return settings;
  };
}

function refine(
  drones: Map<string, GivenSettings>,
  names: readonly string[],
  given: GivenSettings,
  defaults: GivenSettings,
): void {
  const refined = new Map<GivenSettings, GivenSettings>();
  for (const name of names) {
    const earlier = drones.get(name) ?? defaults;
    const settings = refined.get(earlier) ?? { ...earlier, ...given };
    refined.set(earlier, settings);
    drones.set(name, settings);
  }
}
