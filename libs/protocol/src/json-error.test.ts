import { expect, it } from 'vitest';
import { findJsonError } from './json-error.js';

it('finds nothing wrong with JSON', () => {
  expect(findJsonError('{"a": {"b": "a"}, "b": ["b", "b", {"a": "}"}, {"a": ","}]}')).toBeNull();
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
  ['{"argv": ["ls"], "argv": ["rm"]}', 17],
  ['[{"a": {"b": 1, "\\u0062": 2}}]', 16],
])('says where %j stops being JSON', (text, offset) => {
  const found = findJsonError(text);
  expect(found?.offset).toBe(offset);
  expect(found?.message).not.toMatch(/position|\n/);
});
