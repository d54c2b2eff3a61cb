import { nearest } from '../nearest.js';
import { NodeSetError } from './node-set-error.js';
import type { Selection, SelectionOperand } from './parse-selection.js';
import type { Operator } from './terms.js';
import { matchesWildcard } from './wildcard.js';

/** The drones and groups that a selection chooses from. */
export interface SelectionUniverse {
  /** Names of every enabled drone, in the fleet file's order. */
  readonly all: readonly string[];
  /** Names of every drone, enabled or not, in the fleet file's order. */
  readonly names: readonly string[];
  /** Names of every group, without the `@`. */
  readonly groups: readonly string[];
  /** Is there a drone of that name, enabled or not? */
  has(name: string): boolean;
  /** Where a drone that is there stands among `names`; worth giving where it is often chosen from. */
  placeOf?(name: string): number;
  /** The group's enabled members; `undefined` if there is no such group. */
  group(name: string): readonly string[] | undefined;
}

/**
 * The names of the drones that the selection chooses: in the order of `universe.names`, each once.
 * `*`, wildcards and groups leave out disabled drones; naming a drone includes it. So a disabled
 * drone that was named stays in after `!*` or `!@group`, and goes only when it is named there too.
 *
 * Throws `NodeSetError` for a drone or a group that is not there (with the nearest that is), and
 * for a wildcard that matches no enabled drone. `*` may well be nothing.
 */
export function select(selection: Selection, universe: SelectionUniverse): string[] {
  const chosen = new Set<string>();
  for (const { operator, operand, offset } of selection) {
    apply(operator, chosen, dronesOf(operand, universe, offset));
  }
  return inOrder(chosen, universe);
}

/** A few of a large fleet are sorted: to go through all of it for them would take a small tick as long as its calls. */
function inOrder(chosen: ReadonlySet<string>, universe: SelectionUniverse): string[] {
  const { names } = universe;
  const placeOf = universe.placeOf?.bind(universe);
  if (placeOf === undefined || chosen.size > names.length / FEW)
    return names.filter((name) => chosen.has(name));
  return [...chosen].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Fewer than one in so many are a few. */
const FEW = 16;

/** Changes the set in place, so that a long list of single names takes linear time. */
function apply(operator: Operator, chosen: Set<string>, names: readonly string[]): void {
  switch (operator) {
    case ',':
      for (const name of names) chosen.add(name);
      break;
    case '!':
      for (const name of names) chosen.delete(name);
      break;
    case '&': {
      const kept = new Set(names);
      for (const name of chosen) if (!kept.has(name)) chosen.delete(name);
    }
  }
}

function dronesOf(
  operand: SelectionOperand,
  universe: SelectionUniverse,
  offset: number,
): readonly string[] {
  switch (operand.kind) {
    case 'all':
      return universe.all;
    case 'drones':
      return operand.names.map((name) => knownDrone(name, universe, offset));
    case 'groups':
      return operand.names.flatMap((name) => membersOf(name, universe, offset));
    case 'wildcards':
      return operand.names.flatMap((wildcard) => matchesOf(wildcard, universe, offset));
  }
}

function knownDrone(name: string, universe: SelectionUniverse, offset: number): string {
  if (universe.has(name)) return name;
  const suggestion = nearest(name, universe.names);
  throw new NodeSetError(`no drone is called ${name}${didYouMean(suggestion)}`, offset);
}

function membersOf(name: string, universe: SelectionUniverse, offset: number): readonly string[] {
  const members = universe.group(name);
  if (members) return members;
  const suggestion = nearest(name, universe.groups);
  throw new NodeSetError(
    `no group is called @${name}${didYouMean(suggestion && `@${suggestion}`)}`,
    offset,
  );
}

function matchesOf(wildcard: string, universe: SelectionUniverse, offset: number): string[] {
  const matches = universe.all.filter((name) => matchesWildcard(wildcard, name));
  if (matches.length > 0) return matches;
  throw new NodeSetError(`no enabled drone matches ${wildcard}`, offset);
}

function didYouMean(suggestion: string | undefined): string {
  return suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
}
