import { expandNamePattern } from './name-pattern.js';
import { parseTerms } from './terms.js';

/**
 * The names that a node set stands for, as ClusterShell writes them: in the order written, the last
 * bracket counting fastest, each name once.
 *
 * - `lab[001-100]`: a range, both ends included. Padding is kept as written: `[001-100]` begins
 *   with 001, `[8-11]` is 8, 9, 10, 11. Where one end is padded, both have the same width.
 * - `lab[1-3,7,09-11]`: a list of ranges, each with its own padding. `[0-10/2]`: every second.
 * - `rack[1-2]n[01-03]`: several ranges, each with each. `a,b[1-2]`: a list of sets.
 *
 * White space is allowed around the commas between sets, and nowhere else. Numbers in brackets have
 * at most 15 digits.
 *
 * Throws `NodeSetError` for what is none of these, an empty text included; for names that
 * `NAME_PATTERN` refuses; and for more than 1,000,000 names (duplicates counted).
 */
export function expandNodeSet(text: string): string[] {
  const terms = parseTerms(text, { operators: [','], symbols: false });
  return [...new Set(terms.flatMap(({ pattern }) => expandNamePattern(pattern)))];
}
