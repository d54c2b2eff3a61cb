import { describe, expect, it } from 'vitest';
import { expandNodeSet, NodeSetError } from './index.js';

describe('expandNodeSet', () => {
  it.each([
    ['a name', 'gw1', ['gw1']],
    ['every legal character', 'Ab-1_2.x', ['Ab-1_2.x']],
    ['a range', 'lab[8-11]', ['lab8', 'lab9', 'lab10', 'lab11']],
    ['a range from zero', '[0-2]', ['0', '1', '2']],
    ['a padded range', 'lab[08-11]', ['lab08', 'lab09', 'lab10', 'lab11']],
    ['a range padded from zero', 'lab[00-02]', ['lab00', 'lab01', 'lab02']],
    ['a range of one', 'lab[5-5]', ['lab5']],
    [
      'numbers and ranges, each with its own padding',
      'lab[1-3,7,09-11,007]',
      ['lab1', 'lab2', 'lab3', 'lab7', 'lab09', 'lab10', 'lab11', 'lab007'],
    ],
    ['a step', 'a[0-10/2]', ['a0', 'a2', 'a4', 'a6', 'a8', 'a10']],
    ['a step that does not reach the end', 'a[01-10/4]', ['a01', 'a05', 'a09']],
    ['a step over everything', 'a[1-3/9]', ['a1']],
    [
      'several brackets, the last counting fastest',
      'rack[1-2]n[01-03]',
      ['rack1n01', 'rack1n02', 'rack1n03', 'rack2n01', 'rack2n02', 'rack2n03'],
    ],
    ['brackets side by side', '[1-2][0-1]', ['10', '11', '20', '21']],
    ['text behind brackets', 'lab[1-2].example.com', ['lab1.example.com', 'lab2.example.com']],
    ['a list', 'b[1-2],a', ['b1', 'b2', 'a']],
    ['a list with white space', ' b[1-2] ,\n\ta ', ['b1', 'b2', 'a']],
    ['duplicates, once and where first written', 'b,a[2,1-3],b,a1', ['b', 'a2', 'a1', 'a3']],
    [
      'numbers as long as can be',
      'a[999999999999998-999999999999999]',
      ['a999999999999998', 'a999999999999999'],
    ],
  ])('expands %s', (_, text, names) => {
    expect(expandNodeSet(text)).toEqual(names);
  });

  it('keeps padding over the whole range', () => {
    const names = expandNodeSet('lab[001-100]');
    expect(names).toHaveLength(100);
    expect([names[0], names[8], names[9], names[99]]).toEqual([
      'lab001',
      'lab009',
      'lab010',
      'lab100',
    ]);
  });

  it.each([
    ['', "'': expected a name at character 1", 0],
    ['  ', "'  ': expected a name at character 3", 2],
    [',a', "',a': expected a name at character 1", 0],
    ['a,,b', "'a,,b': expected a name at character 3", 2],
    ['a, ,b', "'a, ,b': expected a name at character 4", 3],
    ['a,', "'a,': expected a name at character 3", 2],
    ['@rack1', "'@rack1': expected a name at character 1", 0],
    ['lab*', "'lab*': expected a letter, a digit, '.', '_', '-', '[' or ',' at character 4", 3],
    ['a!b', "'a!b': expected a letter, a digit, '.', '_', '-', '[' or ',' at character 2", 1],
    ['lab1]', "'lab1]': expected a letter, a digit, '.', '_', '-', '[' or ',' at character 5", 4],
    ['lab 1', "'lab 1': expected ',' at character 5", 4],
    ['a,-b', "'a,-b': expected a name that starts with a letter or a digit at character 3", 2],
    ['.a', "'.a': expected a name that starts with a letter or a digit at character 1", 0],
    ['_[1-2]', "'_[1-2]': expected a name that starts with a letter or a digit at character 1", 0],
    ['lab[1-', "'lab[1-': expected a closing ']' at character 7", 6],
    ['lab[', "'lab[': expected a closing ']' at character 5", 4],
    ['a[1],b[2', "'a[1],b[2': expected a closing ']' at character 9", 8],
    ['lab[1,gw[2]', "'lab[1,gw[2]': expected a number at character 7", 6],
    ['lab[]', "'lab[]': expected a number at character 5", 4],
    ['lab[1,]', "'lab[1,]': expected a number at character 7", 6],
    ['lab[-2]', "'lab[-2]': expected a number at character 5", 4],
    ['lab[1-]', "'lab[1-]': expected a number at character 7", 6],
    ['lab[1 -2]', "'lab[1 -2]': expected '-', ',' or ']' at character 6", 5],
    ['lab[1/2]', "'lab[1/2]': expected '-', ',' or ']' at character 6", 5],
    ['lab[1-2-3]', "'lab[1-2-3]': expected '/', ',' or ']' at character 8", 7],
    ['lab[1-9/2/3]', "'lab[1-9/2/3]': expected ',' or ']' at character 10", 9],
    ['lab[1-9/]', "'lab[1-9/]': expected a number at character 9", 8],
    ['lab[1-9/0]', "'lab[1-9/0]': expected a step of at least 1 at character 9", 8],
    ['lab[5,3-1]', "'lab[5,3-1]': expected an end of at least 3 at character 9", 8],
    ['lab[10-9]', "'lab[10-9]': expected an end of at least 10 at character 8", 7],
    ['lab[9-011]', "'lab[9-011]': expected 9 and 011 padded to the same width at character 5", 4],
    [
      'lab[01-100]',
      "'lab[01-100]': expected 01 and 100 padded to the same width at character 5",
      4,
    ],
    [
      'lab[001-99]',
      "'lab[001-99]': expected 001 and 99 padded to the same width at character 5",
      4,
    ],
    ['lab[0-05]', "'lab[0-05]': expected 0 and 05 padded to the same width at character 5", 4],
    [
      'a[1000000000000000]',
      "'a[1000000000000000]': expected a number of at most 15 digits at character 3",
      2,
    ],
    ['a,b[1-1000000]', "'a,b[1-1000000]': expected no more than 1,000,000 names at character 3", 2],
    [
      '[1-999999999999999][1-999999999999999]',
      "'[1-999999999999999][1-999999999999999]': expected no more than 1,000,000 names at character 1",
      0,
    ],
  ])('refuses %j', (text, message, offset) => {
    const error = errorOf(() => expandNodeSet(text));
    expect(error).toBeInstanceOf(NodeSetError);
    expect(error).toMatchObject({ name: 'NodeSetError', message, offset });
  });

  it('refuses names of more than 255 characters, brackets expanded', () => {
    const prefix = 'a'.repeat(252);
    expect(expandNodeSet(`${prefix}[001-002]`)).toEqual([`${prefix}001`, `${prefix}002`]);
    expect(errorOf(() => expandNodeSet(`b,${prefix}[1-1000]`))).toMatchObject({
      message: `'b,${prefix}[1-1000]': expected a name of at most 255 characters at character 3`,
      offset: 2,
    });
    expect(() => expandNodeSet(`${prefix}[0001]`)).toThrow(NodeSetError);
  });

  it('takes exactly 1,000,000 names', () => {
    expect(expandNodeSet('a[1-1000]b[1-1000]')).toHaveLength(1_000_000);
    expect(() => expandNodeSet('a[1-1000]b[1-1000],c')).toThrow(NodeSetError);
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
