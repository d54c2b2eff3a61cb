import { expandNamePattern } from './name-pattern.js';
import { parseTerms, type Operator, type Term } from './terms.js';
import { isWildcard } from './wildcard.js';

/** A parsed `--on` expression: what to do, from left to right, starting with no drones. */
export type Selection = readonly SelectionStep[];

/** One operand and what it does to the drones chosen so far. */
export interface SelectionStep {
  /** `,` adds the operand's drones, `!` takes them out, `&` keeps only them. */
  readonly operator: Operator;
  readonly operand: SelectionOperand;
  /** Where the operand stands in the expression (0-based). */
  readonly offset: number;
}

/** `*`; or names of drones or of groups; or wildcards for names of drones. */
export type SelectionOperand =
  | { readonly kind: 'all' }
  | { readonly kind: 'drones' | 'groups' | 'wildcards'; readonly names: readonly string[] };

/**
 * Reads node-set algebra, as in `--on` and in the fleet file's groups. Which drones and groups
 * there are does not matter yet; see `select`.
 *
 * - Operands: a node set without commas outside brackets (`lab[001-100]`), a group (`@rack1`,
 *   `@rack[1-2]`), all enabled drones (`*`), a wildcard for names of enabled drones (`lab*`,
 *   `*-east`, `edge?`, `rack[1-2]n*`).
 * - Operators: `a,b` union, `a!b` without, `a&b` both. As in ClusterShell all have the same
 *   precedence, and the leftmost goes first: `a,b!c` is what is in a or b, without c; `a!b,c` is a
 *   without b, and then all of c. There are no parentheses.
 *
 * White space is allowed around operands. Throws `NodeSetError` for what cannot be read, an empty
 * expression included, and where the operands have more than 1,000,000 names together.
 */
export function parseSelection(text: string): Selection {
  return parseTerms(text, { operators: [',', '!', '&'], symbols: true }).map((term) => ({
    operator: term.operator,
    operand: operandOf(term),
    offset: term.offset,
  }));
}

function operandOf({ isGroup, pattern }: Term): SelectionOperand {
  const names = expandNamePattern(pattern);
  if (isGroup) return { kind: 'groups', names };
  if (names.length === 1 && names[0] === '*') return { kind: 'all' };
  return { kind: names.some(isWildcard) ? 'wildcards' : 'drones', names };
}
