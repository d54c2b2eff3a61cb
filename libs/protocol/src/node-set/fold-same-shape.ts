import { foldNumbers } from './fold-numbers.js';

/** A set as text, and the first name in it, by which sets are sorted. */
export interface FoldedSet {
  readonly first: string;
  readonly text: string;
}

/** Stands for a number; it is in no name. */
const BLANK = '#';

/** The name with its numbers blanked out. */
export function shapeOf(name: string): string {
  return name.replace(/\d+/g, BLANK);
}

/**
 * Folds distinct names of the same shape on one of their numbers: the one that gives the fewest
 * groups of names that are equal around it, and of such the last.
 */
export function foldSameShape(names: readonly string[]): FoldedSet[] {
  if (names.length === 1) return names.map((name) => ({ first: name, text: name }));
  const index = fewestGroupsAround(names);
  const groups = new Map<string, CutNames>();
  for (const name of names) {
    const { before, number, after } = cut(name, index);
    const key = before + BLANK + after;
    const group = groups.get(key);
    if (group) group.numbers.push(number);
    else groups.set(key, { before, numbers: [number], after });
  }
  return [...groups.values()].flatMap(foldGroup);
}

/** The index of the number to fold on; 0 is the first. */
function fewestGroupsAround(names: readonly string[]): number {
  const count = names[0]?.match(/\d+/g)?.length ?? 0;
  let best = { index: 0, groups: Infinity };
  for (let index = 0; index < count && count > 1; index++) {
    const groups = countGroups(names, index, best.groups);
    if (groups <= best.groups) best = { index, groups };
  }
  return best.index;
}

/** How many groups there are; the count stops once it is over the limit. */
function countGroups(names: readonly string[], index: number, limit: number): number {
  const groups = new Set<string>();
  for (const name of names) {
    const { before, after } = cut(name, index);
    groups.add(before + BLANK + after);
    if (groups.size > limit) break;
  }
  return groups.size;
}

/** Cuts a name at the number with that index. */
function cut(name: string, index: number): { before: string; number: string; after: string } {
  let start = 0;
  let end = 0;
  for (let seen = 0; seen <= index; seen++) {
    start = end;
    while (start < name.length && !isDigit(name.charCodeAt(start))) start++;
    end = start;
    while (isDigit(name.charCodeAt(end))) end++;
  }
  return { before: name.slice(0, start), number: name.slice(start, end), after: name.slice(end) };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Names that differ only in the number that they are cut at. */
interface CutNames {
  readonly before: string;
  readonly numbers: string[];
  readonly after: string;
}

function foldGroup({ before, numbers, after }: CutNames): FoldedSet[] {
  return foldNumbers(numbers).map(({ first, text, isSingle }) => ({
    first: before + first + after,
    text: before + (isSingle ? text : `[${text}]`) + after,
  }));
}
