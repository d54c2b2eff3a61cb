/** Which drones a search means: a node-set expression, or part of a name. */
import { NodeSetError, parseSelection, select } from '@muster/protocol';
import type { RollView } from '../views.js';

export type Found =
  | { readonly kind: 'all' }
  | { readonly kind: 'some'; readonly drones: ReadonlySet<string> }
  | { readonly kind: 'error'; readonly message: string };

export function search(
  text: string,
  { drones, disabled, groups }: Pick<RollView, 'drones' | 'disabled' | 'groups'>,
): Found {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'all' };
  const known = new Set(drones);
  const off = new Set(disabled);
  try {
    const chosen = select(parseSelection(trimmed), {
      all: drones.filter((name) => !off.has(name)),
      names: drones,
      groups: Object.keys(groups),
      has: (name) => known.has(name),
      group: (name) => (Object.hasOwn(groups, name) ? groups[name] : undefined),
    });
    return { kind: 'some', drones: new Set(chosen) };
  } catch (error) {
    if (!(error instanceof NodeSetError)) throw error;
    // Whoever still types a name has part of it.
    const part = /^[\w.-]+$/.test(trimmed) ? drones.filter((name) => name.includes(trimmed)) : [];
    if (part.length > 0) return { kind: 'some', drones: new Set(part) };
    return { kind: 'error', message: error.message };
  }
}
