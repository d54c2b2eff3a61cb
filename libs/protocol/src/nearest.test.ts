import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.js';

describe('nearest', () => {
  it.each([
    ['a dropped character', 'rak1', 'rack1'],
    ['a character too many', 'lab0007', 'lab007'],
    ['a wrong character', 'transpart', 'transport'],
    ['two neighbours swapped', 'prot', 'port'],
    ['another case', 'IDENTITYFILE', 'identityFile'],
    ['two edits in a long word', 'konwnHost', 'knownHosts'],
  ])('suggests over %s', (_, word, meant) => {
    const candidates = ['rack1', 'lab007', 'transport', 'port', 'identityFile', 'knownHosts'];
    expect(nearest(word, candidates)).toBe(meant);
  });

  it('counts a swap as one edit, so that it wins over two replacements', () => {
    expect(nearest('abdcef', ['abxyef', 'abcdef'])).toBe('abcdef');
    expect(nearest('ab', ['xy', 'ba'])).toBe('ba');
  });

  it.each([
    ['one edit is allowed in a short word', 'sit', 'site', 'site'],
    ['two are not', 'sit', 'sites', undefined],
    ['two edits are allowed in six characters', 'abcdef', 'abxyef', 'abxyef'],
    ['three are not', 'abcdef', 'abxyzf', undefined],
    ['three are allowed in nine', 'abcdefghi', 'abcdefxyz', 'abcdefxyz'],
    ['four never are', 'abcdefghijklmnop', 'abcdefghijklwxyz', undefined],
    ['nothing is near a single character', 'a', 'b', undefined],
    ['another case of it is', 'a', 'A', 'A'],
    ['nothing is near no word', '', 'a', undefined],
  ])('%s', (_, word, candidate, suggestion) => {
    expect(nearest(word, [candidate])).toBe(suggestion);
  });

  it('takes the nearest, not the first', () => {
    expect(nearest('lab0070', ['lab01', 'lab007', 'lab00070'])).toBe('lab007');
    expect(nearest('timeoutMs', ['timeMs', 'timeouts', 'timeoutMS'])).toBe('timeoutMS');
  });

  it('takes the one with the same case among equally near ones, then the first', () => {
    expect(nearest('Lab2', ['lab1', 'Lab1'])).toBe('Lab1');
    expect(nearest('lab2', ['lab1', 'Lab1', 'lab3'])).toBe('lab1');
  });

  it('has nothing to suggest from nothing', () => {
    expect(nearest('lab1', [])).toBeUndefined();
  });

  it('finds a word behind any one slip', () => {
    const words = fc.string({
      minLength: 3,
      maxLength: 20,
      unit: fc.constantFrom(...Array.from('abcdEF01')),
    });
    fc.assert(
      fc.property(words, fc.nat(), fc.constantFrom('drop', 'double', 'swap'), (word, at, slip) => {
        const i = at % (word.length - 1);
        const slipped = {
          drop: word.slice(0, i) + word.slice(i + 1),
          double: word.slice(0, i + 1) + word.slice(i),
          swap: word.slice(0, i) + word.charAt(i + 1) + word.charAt(i) + word.slice(i + 2),
        }[slip];
        expect(nearest(slipped, [word])).toBe(word);
      }),
    );
  });
});
