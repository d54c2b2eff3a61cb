import { foldSameShape, shapeOf, type FoldedSet } from './fold-same-shape.js';
import { groupBy } from '../group-by.js';
import { naturalKey } from './natural-order.js';

/**
 * Names as people read them, `gw1,lab[001-040,042]`: the inverse of `expandNodeSet`. Naturally
 * sorted (lab9 before lab10), duplicates once, whatever the order of `names`. What it gives expands
 * back to exactly these names, padding included; only no names at all are '', which is no node set.
 *
 * Names with several numbers are folded on one of them: of names that differ only in numbers, the
 * one that gives the fewest sets, and of such the last.
 *
 * `names` must be legal (`isName`); that is not checked.
 */
export function foldNodeSet(names: Iterable<string>): string {
  const sets: SortableSet[] = [];
  for (const sameShape of groupBy(new Set(names), shapeOf).values()) {
    for (const { first, text } of foldSameShape(sameShape)) {
      sets.push({ first, text, key: naturalKey(first) });
    }
  }
  return sets
    .sort(byKey)
    .map(({ text }) => text)
    .join(',');
}

interface SortableSet extends FoldedSet {
  readonly key: string;
}

/** Names that differ only in padding have the same key: the one with more padding goes first. */
function byKey(a: SortableSet, b: SortableSet): number {
  if (a.key < b.key) return -1;
  if (a.key > b.key) return 1;
  return b.first.length - a.first.length || (a.first < b.first ? -1 : 1);
}
