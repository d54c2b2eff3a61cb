import { expect, it } from 'vitest';
import { findJsonError } from './json-error.js';

it('finds nothing wrong with JSON', () => {
  expect(findJsonError('{"a": [1, "two", null]}\n')).toBeNull();
});

it.each([
  ['{"a": 1,}', 8],
  ['{a: 1}', 1],
  ['{"a": 1} x', 9],
  ['{"a": 1', 7],
  ['', 0],
  ['{"argv": [}', 10],
  ['{"argv": foo}', 10],
  ['[1, /* two */ 2]', 4],
])('says where %j stops being JSON', (text, offset) => {
  const found = findJsonError(text);
  expect(found?.offset).toBe(offset);
  expect(found?.message).not.toMatch(/position|\n/);
});
