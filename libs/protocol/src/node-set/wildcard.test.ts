import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesWildcard } from './wildcard.js';

describe('matchesWildcard', () => {
  it.each([
    ['lab*', 'lab001', true],
    ['lab*', 'lab', true],
    ['lab*', 'xlab', false],
    ['*-east', 'gw-east', true],
    ['*-east', 'gw-east1', false],
    ['*-east', 'a-east-east', true],
    ['edge?', 'edge1', true],
    ['edge?', 'edge', false],
    ['edge?', 'edge10', false],
    ['a*b*c', 'axbxbxc', true],
    ['a*b*c', 'axcxb', false],
    ['*.x.*', 'a.x.b', true],
    ['a.c', 'abc', false],
    ['a**', 'a', true],
    ['?*', 'a', true],
    ['Lab*', 'lab1', false],
  ])('%s on %s: %s', (wildcard, name, matches) => {
    expect(matchesWildcard(wildcard, name)).toBe(matches);
  });

  it('agrees with a regular expression', () => {
    const wildcards = fc.string({ unit: fc.constantFrom(...Array.from('ab*?')), maxLength: 8 });
    const names = fc.string({ unit: fc.constantFrom(...Array.from('ab')), maxLength: 8 });
    fc.assert(
      fc.property(wildcards, names, (wildcard, name) => {
        const source = wildcard.replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesWildcard(wildcard, name)).toBe(new RegExp(`^${source}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it('is quick where backtracking is not', () => {
    expect(matchesWildcard(`${'*a'.repeat(100)}*b`, 'a'.repeat(255))).toBe(false);
  });
});
