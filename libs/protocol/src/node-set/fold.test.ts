import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandNodeSet, foldNodeSet } from './index.js';

describe('foldNodeSet', () => {
  it.each([
    ['nothing', [], ''],
    ['a single name, without brackets', ['lab001'], 'lab001'],
    ['a range', ['lab1', 'lab2', 'lab3'], 'lab[1-3]'],
    ['two numbers', ['lab1', 'lab2'], 'lab[1-2]'],
    ['a gap', ['lab001', 'lab002', 'lab004'], 'lab[001-002,004]'],
    ['duplicates', ['a1', 'a2', 'a1'], 'a[1-2]'],
    ['names without numbers', ['b', 'a'], 'a,b'],
    ['names that are numbers', ['2', '1', '10'], '[1-2,10]'],
    ['text behind the number', ['lab1.x.org', 'lab2.x.org'], 'lab[1-2].x.org'],
    ['a range over a change of width', ['a8', 'a9', 'a10', 'a11'], 'a[8-11]'],
    ['a padded range up to its full width', ['a099', 'a100', 'a101'], 'a[099-101]'],
    ['padding that differs', ['lab1', 'lab01', 'lab02'], 'lab[01-02],lab1'],
    ['three paddings', ['a1', 'a01', 'a001', 'a2', 'a02'], 'a001,a[01-02],a[1-2]'],
    ['zeros', ['a0', 'a00', 'a1', 'a01'], 'a[00-01],a[0-1]'],
    ['other letters', ['a1', 'A2', 'b3'], 'A2,a1,b3'],
    [
      'the last number, if it gives the fewest sets',
      ['r1n1', 'r1n2', 'r2n1', 'r2n2'],
      'r1n[1-2],r2n[1-2]',
    ],
    ['an earlier number, if that gives fewer', ['r1n7', 'r2n7', 'r3n7', 'r3n8'], 'r[1-3]n7,r3n8'],
    ['a number before one that does not vary', ['a1.dc1', 'a2.dc1'], 'a[1-2].dc1'],
    ['a number in the middle', ['10-1-0', '10-2-0', '10-3-0', '11-1-0'], '10-[1-3]-0,11-1-0'],
    [
      'numbers too long for brackets',
      ['a0000000000000001', 'a0000000000000002', 'a1', 'a2'],
      'a0000000000000001,a[1-2],a0000000000000002',
    ],
    [
      'the longest numbers that fit',
      ['a999999999999998', 'a999999999999999', 'a1000000000000000'],
      'a[999999999999998-999999999999999],a1000000000000000',
    ],
  ])('folds %s', (_, names, folded) => {
    expect(foldNodeSet(names)).toBe(folded);
    expect(foldNodeSet([...names].reverse())).toBe(folded);
  });

  it('sorts naturally', () => {
    expect(foldNodeSet(['lab10x', 'gw1', 'lab9', 'lab', 'lab9x', 'n-1', 'lab-x'])).toBe(
      'gw1,lab,lab-x,lab9,lab[9-10]x,n-1',
    );
    expect(foldNodeSet(['b9', 'b10y', 'b9z', 'b1-1', 'b10'])).toBe('b1-1,b[9-10],b9z,b10y');
    expect(foldNodeSet(['b2', 'c', 'b10x', 'b1', 'b3x'])).toBe('b[1-2],b[3,10]x,c');
  });

  it('takes any iterable', () => {
    expect(foldNodeSet(new Set(['a1', 'a2']).values())).toBe('a[1-2]');
  });

  it('is undone by expandNodeSet, for any set of legal names', () => {
    fc.assert(
      fc.property(nameSets, (names) => {
        const expanded = expandNodeSet(foldNodeSet(names));
        expect([...expanded].sort()).toEqual([...new Set(names)].sort());
      }),
      { numRuns: 1000 },
    );
  });

  it('does not depend on the order of the names, nor on duplicates', () => {
    const shuffled = nameSets.chain((names) =>
      fc.tuple(
        fc.constant(names),
        fc.shuffledSubarray([...names, ...names], { minLength: names.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([names, others]) => {
        expect(foldNodeSet(others)).toBe(foldNodeSet(names));
      }),
      { numRuns: 300 },
    );
  });

  it('folds a full range to one set, whatever its padding', () => {
    fc.assert(
      fc.property(
        fc.nat(2000),
        fc.integer({ min: 1, max: 300 }),
        fc.boolean(),
        (begin, more, pad) => {
          const width = pad ? 5 : 0;
          const number = (value: number) => String(value).padStart(width, '0');
          const names = Array.from({ length: more + 1 }, (_, i) => `a${number(begin + i)}b`);
          expect(foldNodeSet(names)).toBe(`a[${number(begin)}-${number(begin + more)}]b`);
        },
      ),
    );
  });

  it('is undone for 200,000 ranges in one pair of brackets', () => {
    const names = expandNodeSet('a[1-400000/2]');
    expect(expandNodeSet(foldNodeSet(names))).toEqual(names);
  });

  // Anything quadratic would run into the time limit of a test.
  it.each([
    ['lab[00001-50000]', 'lab[00001-50000]'],
    ['n[001-100].rack[1-500].x2', 'n001.rack[1-500].x2,n002.rack[1-500].x2'],
    ['h[1-50000/2]-a,h[1-50000/2]-b', 'h[1,3,5,7,9'],
  ])('folds the many names of %s', (text, start) => {
    const names = expandNodeSet(text);
    const folded = foldNodeSet(names);
    expect(folded.slice(0, start.length)).toBe(start);
  });
});

/** Names that are likely to differ in numbers only: few letters, many digits and zeros. */
const numberedNames = fc
  .array(fc.constantFrom('a', 'B', '-', '.', '_', '0', '00', '1', '2', '9', '10', '99'), {
    maxLength: 6,
  })
  .chain((rest) => fc.constantFrom('a', 'b', '0', '1').map((first) => first + rest.join('')));

const nearNumbers = fc
  .tuple(fc.constantFrom('a', 'n1-'), fc.nat(120), fc.nat(3), fc.constantFrom('', '.x', '.x2'))
  .map(([prefix, value, width, suffix]) => prefix + String(value).padStart(width, '0') + suffix);

const anyNames = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(...Array.from('abzAZ019')), minLength: 1, maxLength: 1 }),
    fc.string({
      unit: fc.constantFrom(...Array.from('abzAZ012389._-')),
      maxLength: 254,
      size: 'large',
    }),
  )
  .map(([first, rest]) => first + rest);

const nameSets = fc.oneof(
  fc.array(numberedNames, { minLength: 1, maxLength: 60 }),
  fc.array(nearNumbers, { minLength: 1, maxLength: 120 }),
  fc.array(fc.oneof(numberedNames, nearNumbers, anyNames), { minLength: 1, maxLength: 20 }),
);
