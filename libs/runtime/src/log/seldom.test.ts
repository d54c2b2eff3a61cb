import { expect, it } from 'vitest';
import { seldom } from './seldom.js';

it('says the same trouble once in ten seconds, and another one at once', () => {
  let now = 0;
  const said: string[] = [];
  const say = seldom(({ message }) => void said.push(message), { monotonic: () => now });
  const tell = (message: string) => {
    say(new Error(message));
  };
  for (const message of ['refused', 'refused', 'lost', 'refused']) tell(message);
  now = 9_999;
  tell('refused');
  expect(said).toEqual(['refused', 'lost']);
  now = 10_000;
  tell('refused');
  expect(said).toEqual(['refused', 'lost', 'refused']);
});
