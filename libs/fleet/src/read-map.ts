/** Reads one map of the file: its keys are known, and stand once. */
import { nearest } from '@muster/protocol';
import { isMap, isScalar, type Node, type Scalar } from 'yaml';
import { describe, startOf, type FileDocument } from './document.js';
import { shown, type Issues } from './issues.js';

/** What every reader of a part of the file needs. */
export interface Reading {
  readonly document: FileDocument;
  readonly issues: Issues;
  /** The file's text, which the nodes' offsets point into. */
  readonly text: string;
}

export interface MapEntry {
  readonly key: string;
  readonly keyNode: Scalar;
  /** Aliases are resolved; null where there is nothing after the colon. */
  readonly value: Node | null;
  /** Where the value starts; the key if there is no value. */
  readonly at: number;
}

/**
 * The entries of a map, in file order; none for an absent or empty value. What does not fit
 * goes to the issues and is left out.
 * @param place How messages call the map: `drone lab001`.
 * @param known The keys it may have; undefined if any text is one.
 */
export function readMap(
  node: Node | null,
  place: string,
  known: readonly string[] | undefined,
  { document, issues }: Reading,
): MapEntry[] {
  if (node === null || (isScalar(node) && node.value === null)) return [];
  if (!isMap(node)) {
    issues.add(startOf(node), `${place}: expected a map, got ${describe(node)}`);
    return [];
  }
  const first = new Map<string, number>();
  const entries: MapEntry[] = [];
  for (const pair of node.items) {
    const keyNode = document.resolve(pair.key);
    if (!isScalar(keyNode)) {
      issues.add(
        startOf(keyNode ?? node),
        `${place}: expected a text as key, got ${describe(keyNode)}`,
      );
      continue;
    }
    const key = keyText(keyNode);
    const keyAt = startOf(keyNode);
    const earlier = first.get(key);
    if (earlier !== undefined) {
      issues.add(
        keyAt,
        `key ${shown(key)} given twice in ${place}; the first is on line ${String(issues.line(earlier))}`,
      );
      continue;
    }
    first.set(key, keyAt);
    const complaint = complain(key, place, known);
    if (complaint !== undefined) {
      issues.add(keyAt, complaint);
      continue;
    }
    const value = document.resolve(pair.value);
    entries.push({ key, keyNode, value, at: value ? startOf(value) : keyAt });
  }
  return entries;
}

/** As written: `007` is a name here, not the number 7. */
function keyText(node: Scalar): string {
  return node.source ?? '';
}

function complain(
  key: string,
  place: string,
  known: readonly string[] | undefined,
): string | undefined {
  if (key === '<<') return `merge keys ('<<') are not read, in ${place}; write the keys out`;
  if (known === undefined || known.includes(key)) return undefined;
  const close = nearest(key, known);
  const hint = close === undefined ? `known: ${known.join(', ')}` : `did you mean '${close}'?`;
  return `unknown key ${shown(key)} in ${place}; ${hint}`;
}
