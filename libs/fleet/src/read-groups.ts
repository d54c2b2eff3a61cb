/** Reads `groups`: names for selections, which may refer to each other. */
import { isName, NodeSetError, parseSelection, select, type Selection } from '@muster/protocol';
import { isScalar, type Node, type Scalar } from 'yaml';
import { describe, startOf } from './document.js';
import { shown } from './issues.js';
import type { GivenDrones } from './read-drones.js';
import { readMap, type MapEntry, type Reading } from './read-map.js';
import { readNodeSet } from './read-node-set.js';

/** A chain of groups is followed by recursion. */
const MAX_CHAIN = 100;

interface Definition {
  readonly text: string;
  readonly node: Scalar;
  readonly selection: Selection;
}

/** Every group with its members, disabled ones included, in file order. */
export function readGroups(
  node: Node | null,
  drones: GivenDrones,
  reading: Reading,
): ReadonlyMap<string, readonly string[]> {
  const entries = readMap(node, 'groups', undefined, reading);
  const names = [...drones.settings.keys()];
  const members = new Map<string, readonly string[]>();
  const definitions = new Map<string, Definition>();
  for (const entry of entries) {
    const definition = readDefinition(entry, reading);
    if (definition) definitions.set(entry.key, definition);
    else members.set(entry.key, []);
  }
  const chain: string[] = [];

  function has(drone: string): boolean {
    if (!drones.complete || drones.settings.has(drone)) return true;
    // To look for the nearest of 50,000 names takes 0.1 s: a thousand wrong groups, minutes.
    if (reading.issues.full) throw new NodeSetError(`no drone is called ${drone}`, 0);
    return false;
  }

  function membersOf(name: string): readonly string[] | undefined {
    const known = members.get(name);
    const definition = definitions.get(name);
    if (known !== undefined || definition === undefined) return known;
    const complaint = complain(name, chain);
    if (complaint !== undefined) {
      reading.issues.add(startOf(definition.node), complaint);
      return [];
    }
    chain.push(name);
    const chosen = readNodeSet(definition.text, definition.node, `group ${name}`, reading, () =>
      select(definition.selection, {
        all: names,
        names,
        groups: entries.map(({ key }) => key),
        has,
        group: membersOf,
      }),
    );
    chain.pop();
    members.set(name, chosen ?? []);
    return chosen ?? [];
  }

  return new Map(entries.map(({ key }) => [key, membersOf(key) ?? []]));
}

function readDefinition(
  { key, keyNode, value, at }: MapEntry,
  reading: Reading,
): Definition | null {
  if (!isName(key)) {
    reading.issues.add(
      startOf(keyNode),
      `bad group name ${shown(key)}: expected a letter or a digit, then letters, digits, dots, dashes and underscores`,
    );
    return null;
  }
  if (!isScalar(value) || typeof value.value !== 'string') {
    reading.issues.add(at, `group ${key}: expected a node set as a text, got ${describe(value)}`);
    return null;
  }
  const text = value.value;
  const selection = readNodeSet(text, value, `group ${key}`, reading, parseSelection);
  return selection && { text, node: value, selection };
}

function complain(name: string, chain: readonly string[]): string | undefined {
  if (chain.includes(name)) {
    const cycle = [...chain.slice(chain.indexOf(name)), name].map((group) => `@${group}`);
    return `group ${name} refers to itself: ${cycle.join(' -> ')}`;
  }
  if (chain.length < MAX_CHAIN) return undefined;
  return `group ${name}: groups refer to each other more than ${String(MAX_CHAIN)} deep`;
}
