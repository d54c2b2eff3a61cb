import { matchAt } from './match-at.js';
import { expected } from './node-set-error.js';

/** The most digits of a number in brackets: what a double counts exactly. */
export const MAX_DIGITS = 15;

/** `begin-end/step` in brackets. */
export interface NumericRange {
  readonly begin: number;
  /** Inclusive; at least `begin`. */
  readonly end: number;
  /** At least 1. */
  readonly step: number;
  /** Digits that every number is padded to with zeros; 0 = numbers without padding. */
  readonly width: number;
}

/** Does the number, as written, begin with padding? (`007` does; `0` and `7` do not.) */
export function isPadded(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0');
}

/** How many numbers the range has. */
export function rangeSize({ begin, end, step }: NumericRange): number {
  return Math.floor((end - begin) / step) + 1;
}

/** The numbers of the range as written, upwards. */
export function* rangeNumbers({ begin, end, step, width }: NumericRange): Generator<string> {
  for (let value = begin; value <= end; value += step) yield String(value).padStart(width, '0');
}

/**
 * Reads the ranges in brackets, from the `[` at `open`. `end` is the offset after the `]`.
 * Throws `NodeSetError`.
 */
export function parseBracket(text: string, open: number): { ranges: NumericRange[]; end: number } {
  if (!text.includes(']', open)) throw expected("a closing ']'", text, text.length);
  const ranges: NumericRange[] = [];
  let offset = open;
  do {
    const read = parseRange(text, offset + 1);
    ranges.push(read.range);
    offset = read.end;
  } while (text[offset] === ',');
  return { ranges, end: offset + 1 };
}

/** Reads one range; it ends at a `,` or a `]`. */
function parseRange(text: string, start: number): { range: NumericRange; end: number } {
  const begin = readNumber(text, start);
  let last = begin;
  let step = 1;
  let offset = start + begin.length;
  let next = "'-', ',' or ']'";
  if (text[offset] === '-') {
    last = readNumber(text, offset + 1);
    checkBounds(text, start, begin, last);
    offset += 1 + last.length;
    next = "'/', ',' or ']'";
    if (text[offset] === '/') {
      const digits = readNumber(text, offset + 1);
      step = Number(digits);
      if (step === 0) throw expected('a step of at least 1', text, offset + 1);
      offset += 1 + digits.length;
      next = "',' or ']'";
    }
  }
  if (text[offset] !== ',' && text[offset] !== ']') throw expected(next, text, offset);
  const width = isPadded(begin) ? begin.length : 0;
  return { range: { begin: Number(begin), end: Number(last), step, width }, end: offset };
}

/** A range counts up, and where one bound is padded, the other has its width. */
function checkBounds(text: string, start: number, begin: string, end: string): void {
  if (Number(end) < Number(begin)) {
    throw expected(`an end of at least ${begin}`, text, start + begin.length + 1);
  }
  if ((isPadded(begin) || isPadded(end)) && begin.length !== end.length) {
    throw expected(`${begin} and ${end} padded to the same width`, text, start);
  }
}

function readNumber(text: string, offset: number): string {
  const digits = matchAt(/\d+/y, text, offset);
  if (digits === '') throw expected('a number', text, offset);
  if (digits.length > MAX_DIGITS) {
    throw expected(`a number of at most ${MAX_DIGITS} digits`, text, offset);
  }
  return digits;
}
