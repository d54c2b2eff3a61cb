import { MAX_NAME_LENGTH } from '../names.js';
import { matchAt } from './match-at.js';
import { expected } from './node-set-error.js';
import { parseBracket, rangeNumbers, rangeSize, type NumericRange } from './numeric-range.js';

/** Names written in one piece, `rack[1-2]n[01-03]`: literal text and bracketed ranges in turn. */
export type NamePattern = readonly (string | readonly NumericRange[])[];

/**
 * Reads one pattern from `start` up to the first character that cannot belong to it, `end`. Every
 * name it expands to is legal; with `wildcards`, `*` and `?` count as characters of names.
 * Throws `NodeSetError`; `wanted` is what its message says was expected where nothing stands.
 */
export function parseNamePattern(
  text: string,
  start: number,
  { wildcards, wanted }: { wildcards: boolean; wanted: string },
): { pattern: NamePattern; end: number } {
  const literals = wildcards ? /[A-Za-z0-9._*?-]+/y : /[A-Za-z0-9._-]+/y;
  const pattern: (string | NumericRange[])[] = [];
  let end = start;
  for (;;) {
    const literal = matchAt(literals, text, end);
    if (literal !== '') {
      pattern.push(literal);
      end += literal.length;
    } else if (text[end] === '[') {
      const bracket = parseBracket(text, end);
      pattern.push(bracket.ranges);
      end = bracket.end;
    } else break;
  }
  if (end === start) throw expected(wanted, text, start);
  if (/[._-]/.test(text.charAt(start))) {
    throw expected('a name that starts with a letter or a digit', text, start);
  }
  if (longestName(pattern) > MAX_NAME_LENGTH) {
    throw expected(`a name of at most ${MAX_NAME_LENGTH} characters`, text, start);
  }
  return { pattern, end };
}

/** How many names the pattern expands to, duplicates counted; may be beyond all bounds. */
export function patternSize(pattern: NamePattern): number {
  return pattern.reduce(
    (size, part) =>
      typeof part === 'string' ? size : size * part.reduce((sum, r) => sum + rangeSize(r), 0),
    1,
  );
}

/** The names in the order written, the last bracket counting fastest; duplicates stay. */
export function expandNamePattern(pattern: NamePattern): string[] {
  let names = [''];
  for (const part of pattern) {
    const texts =
      typeof part === 'string' ? [part] : part.flatMap((range) => [...rangeNumbers(range)]);
    const longer: string[] = [];
    for (const name of names) for (const text of texts) longer.push(name + text);
    names = longer;
  }
  return names;
}

function longestName(pattern: NamePattern): number {
  return pattern.reduce(
    (sum, part) => sum + (typeof part === 'string' ? part.length : longestNumber(part)),
    0,
  );
}

function longestNumber(ranges: readonly NumericRange[]): number {
  return ranges.reduce((max, { end, width }) => Math.max(max, width, String(end).length), 0);
}
