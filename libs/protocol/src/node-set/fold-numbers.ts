import { groupBy } from '../group-by.js';
import { isPadded, MAX_DIGITS } from './numeric-range.js';

/** Numbers that may share brackets: ascending, and in ranges as they are written there. */
export interface FoldedNumbers {
  /** The lowest number, as written. */
  readonly first: string;
  /** `001-040,042`; a single number is only itself. */
  readonly text: string;
  readonly isSingle: boolean;
}

/**
 * Folds distinct numbers, as written, to ranges. Numbers of a width that has padding (001 to 100)
 * stay apart from those without (1 to 99), so each range expands back to what it was made of.
 * Numbers too long for brackets stay single.
 */
export function foldNumbers(numbers: readonly string[]): FoldedNumbers[] {
  const paddedWidths = new Set(numbers.filter(isPadded).map(({ length }) => length));
  const widthOf = ({ length }: string) => (paddedWidths.has(length) ? length : 0);
  const short = numbers.filter(({ length }) => length <= MAX_DIGITS);
  const long = numbers.filter(({ length }) => length > MAX_DIGITS);
  return [
    ...Array.from(groupBy(short, widthOf), ([width, group]) => foldSameWidth(group, width)),
    ...long.map((number) => ({ first: number, text: number, isSingle: true })),
  ];
}

/** `width` is what the numbers are padded to, 0 for no padding. */
function foldSameWidth(numbers: readonly string[], width: number): FoldedNumbers {
  const ranges: { begin: number; end: number }[] = [];
  for (const value of Float64Array.from(numbers, Number).sort()) {
    const range = ranges.at(-1);
    if (range && value === range.end + 1) range.end = value;
    else ranges.push({ begin: value, end: value });
  }
  const written = (value: number) => String(value).padStart(width, '0');
  const texts = ranges.map(({ begin, end }) =>
    begin === end ? written(begin) : `${written(begin)}-${written(end)}`,
  );
  return {
    first: written(ranges[0]?.begin ?? 0),
    text: texts.join(','),
    isSingle: numbers.length === 1,
  };
}
