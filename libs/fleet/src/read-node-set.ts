/** Node sets that stand in the file: their errors get the place in the file. */
import { NodeSetError } from '@muster/protocol';
import type { Scalar } from 'yaml';
import { startOf } from './document.js';
import { shown } from './issues.js';
import type { Reading } from './read-map.js';

/** What `read` makes of the scalar's text; null if it is no node set, which is noted. */
export function readNodeSet<T>(
  text: string,
  node: Scalar,
  place: string,
  { issues, text: file }: Reading,
  read: (text: string) => T,
): T | null {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof NodeSetError)) throw error;
    const message = error.message.replace(`'${text}'`, () => shown(text));
    issues.add(offsetIn(text, node, error.offset, file), `${place}: ${message}`);
    return null;
  }
}

/** Where character `offset` of the scalar's text stands; its start if escapes or folds hide that. */
function offsetIn(text: string, node: Scalar, offset: number, file: string): number {
  const start = startOf(node);
  const quote = /["']/.test(file.charAt(start)) ? 1 : 0;
  return file.startsWith(text.slice(0, offset), start + quote) ? start + quote + offset : start;
}
