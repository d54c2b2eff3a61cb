import { expect, it } from 'vitest';
import * as fc from 'fast-check';
import { MarkedStream } from './marked-stream.js';

/** What comes out of a stream that comes in these pieces: words in brackets between the bytes. */
function taken(pieces: readonly Buffer[]): string {
  let said = '';
  const stream = new MarkedStream(
    'aab',
    (word) => {
      said += `[${word}]`;
    },
    (chunk) => {
      said += chunk.toString();
    },
  );
  for (const piece of pieces) stream.push(piece);
  return said;
}

it('takes words out of the bytes around them', () => {
  const text = 'noise aab one\nxaab two 2\naab three\nrest\n';
  expect(taken([Buffer.from(text)])).toBe('noise [one]x[two 2][three]rest\n');
});

it('keeps back only what may become a marker', () => {
  expect(taken([Buffer.from('xaa')])).toBe('x');
  expect(taken([Buffer.from('xaa'), Buffer.from('c')])).toBe('xaac');
});

it('takes the same out in whatever pieces it comes', () => {
  const part = fc.constantFrom('a', 'aa', 'b', '\n', 'aab w\n', 'x');
  fc.assert(
    fc.property(fc.array(part), fc.array(fc.nat(40)), (parts, cuts) => {
      const whole = Buffer.from(`${parts.join('')}\nz`);
      const places = [...new Set(cuts.filter((cut) => cut < whole.length)), whole.length];
      const pieces: Buffer[] = [];
      let from = 0;
      for (const to of places.sort((a, b) => a - b)) {
        pieces.push(whole.subarray(from, to));
        from = to;
      }
      expect(taken(pieces)).toBe(taken([whole]));
    }),
  );
});
