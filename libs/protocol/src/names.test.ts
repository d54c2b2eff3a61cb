import { describe, expect, it } from 'vitest';
import { isName, MAX_NAME_LENGTH, NAME_PATTERN } from './names.js';

describe('isName', () => {
  it.each(['a', '7', 'lab001', 'Gw-1.example_x.COM', 'a.', 'constructor'])('takes %j', (name) => {
    expect(isName(name)).toBe(true);
  });

  it.each([
    '',
    '-a',
    '.a',
    '_a',
    'a b',
    'a\n',
    'a,b',
    'a[1]',
    'a*',
    '@a',
    'a/b',
    'a:b',
    'ä',
    'a\0',
  ])('refuses %j', (name) => {
    expect(isName(name)).toBe(false);
  });

  it('takes 255 characters and no more', () => {
    expect(MAX_NAME_LENGTH).toBe(255);
    expect(isName('a'.repeat(255))).toBe(true);
    expect(isName('a'.repeat(256))).toBe(false);
  });

  it('agrees with the pattern, which keeps no state between uses', () => {
    expect([NAME_PATTERN.test('a'), NAME_PATTERN.test('a')]).toEqual([true, true]);
  });
});
