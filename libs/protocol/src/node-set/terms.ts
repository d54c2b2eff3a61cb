import { matchAt } from './match-at.js';
import { parseNamePattern, patternSize, type NamePattern } from './name-pattern.js';
import { expected } from './node-set-error.js';

/** The most names that one text may expand to, duplicates counted. */
const MAX_NAMES = 1_000_000;
/** Written out: the first `toLocaleString` of a process takes longer than most commands. */
const NO_MORE = 'no more than 1,000,000 names';

/** Union, difference, intersection. */
export type Operator = ',' | '!' | '&';

/** One operand with the operator before it; the first has ',' (a union with nothing). */
export interface Term {
  readonly operator: Operator;
  /** Written with an `@`: the pattern is of groups' names. */
  readonly isGroup: boolean;
  readonly pattern: NamePattern;
  /** Where the operand starts, its `@` included. */
  readonly offset: number;
}

/** What may stand in a text. */
export interface Grammar {
  readonly operators: readonly Operator[];
  /** May `@group`, `*` and `?` stand for drones? */
  readonly symbols: boolean;
}

/**
 * Reads operands and the operators between them. White space is allowed around each operand.
 * Throws `NodeSetError` for what does not fit the grammar, and for more than 1,000,000 names.
 */
export function parseTerms(text: string, grammar: Grammar): Term[] {
  const terms: Term[] = [];
  const wanted = grammar.symbols ? "a name, a wildcard or '@' and a group" : 'a name';
  let operator: Operator | undefined = ',';
  let offset = 0;
  let size = 0;
  while (operator !== undefined) {
    offset += spaceAt(text, offset);
    const isGroup = grammar.symbols && text[offset] === '@';
    const { pattern, end } = isGroup
      ? parseNamePattern(text, offset + 1, { wildcards: false, wanted: "a group's name" })
      : parseNamePattern(text, offset, { wildcards: grammar.symbols, wanted });
    size += patternSize(pattern);
    if (size > MAX_NAMES) throw expected(NO_MORE, text, offset);
    terms.push({ operator, isGroup, pattern, offset });
    offset = end + spaceAt(text, end);
    operator = operatorAt(text, offset, grammar, offset > end);
    offset += 1;
  }
  return terms;
}

/** The operator at `offset`; `undefined` at the end of the text. Throws if another thing is there. */
function operatorAt(
  text: string,
  offset: number,
  { operators }: Grammar,
  afterSpace: boolean,
): Operator | undefined {
  if (offset === text.length) return undefined;
  const found = operators.find((operator) => operator === text[offset]);
  if (found !== undefined) return found;
  const nameGoesOn = afterSpace ? [] : ['a letter', 'a digit', "'.'", "'_'", "'-'", "'['"];
  const wanted = [...nameGoesOn, ...operators.map((operator) => `'${operator}'`)];
  throw expected(oneOf(wanted), text, offset);
}

/** `a, b or c` */
function oneOf(words: readonly string[]): string {
  const others = words.slice(0, -1).join(', ');
  return [others, ...words.slice(-1)].filter((part) => part !== '').join(' or ');
}

function spaceAt(text: string, offset: number): number {
  return matchAt(/\s*/y, text, offset).length;
}
