import { describe, expect, it } from 'vitest';
import { NodeSetError, parseSelection } from './index.js';

describe('parseSelection', () => {
  const operand = "a name, a wildcard or '@' and a group";
  const character = "a letter, a digit, '.', '_', '-', '[', ',', '!' or '&'";

  it.each([
    ['', `'': expected ${operand} at character 1`, 0],
    ['!a', `'!a': expected ${operand} at character 1`, 0],
    ['a!', `'a!': expected ${operand} at character 3`, 2],
    ['a & ,b', `'a & ,b': expected ${operand} at character 5`, 4],
    ['(a,b)', `'(a,b)': expected ${operand} at character 1`, 0],
    ['a b', "'a b': expected ',', '!' or '&' at character 3", 2],
    ['a^b', `'a^b': expected ${character} at character 2`, 1],
    ['a@b', `'a@b': expected ${character} at character 2`, 1],
    ['a,@', "'a,@': expected a group's name at character 4", 3],
    ['@*', "'@*': expected a group's name at character 2", 1],
    ['@ a', "'@ a': expected a group's name at character 2", 1],
    ['@a*', `'@a*': expected ${character} at character 3`, 2],
    ['a!b[2-1]', "'a!b[2-1]': expected an end of at least 2 at character 7", 6],
    ['a,-b', "'a,-b': expected a name that starts with a letter or a digit at character 3", 2],
    ['a!b[1-1000000]', "'a!b[1-1000000]': expected no more than 1,000,000 names at character 3", 2],
  ])('refuses %j', (text, message, offset) => {
    const error = errorOf(() => parseSelection(text));
    expect(error).toBeInstanceOf(NodeSetError);
    expect(error).toMatchObject({ message, offset });
  });
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
