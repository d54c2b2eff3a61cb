import { expect, it } from 'vitest';
import { accessText } from './access-text.js';

it.each([
  [undefined, false, 'no credentials: this machine only; read-only'],
  [{ token: true, password: false }, false, 'log in with a token; read-only'],
  [{ token: false, password: true }, true, 'log in with name and password; changes allowed'],
  [
    { token: true, password: true },
    true,
    'log in with a token, or with name and password; changes allowed',
  ],
])('%j, changes %s: %s', (kinds, allowChanges, words) => {
  expect(accessText(kinds && { kinds }, allowChanges)).toBe(words);
});
