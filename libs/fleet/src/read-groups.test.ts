import { InvalidInputError } from '@muster/protocol';
import { expect, it } from 'vitest';
import { parseFleet } from './parse-fleet.js';

function parse(groups: string) {
  return parseFleet(
    `version: 1\ndrones:\n  lab[1-9]: {}\n  lab7: { enabled: false }\ngroups:\n${groups}`,
    'f',
  );
}

it('takes algebra and other groups, whatever their order', () => {
  const fleet = parse(`  most: "@odd,@even!lab2"
  odd: "lab[1-9/2]"
  even: "*!@odd"
  both: "@most & lab[1-3]"
  down: "lab7"
  ends: "lab9,lab1"
  wild: "lab?"
`);
  expect(fleet.groups).toStrictEqual(['most', 'odd', 'even', 'both', 'down', 'ends', 'wild']);
  expect(fleet.group('odd')).toStrictEqual(['lab1', 'lab3', 'lab5', 'lab9']);
  expect(fleet.group('even')).toStrictEqual(['lab2', 'lab4', 'lab6', 'lab8']);
  expect(fleet.group('most')).toHaveLength(7);
  expect(fleet.group('both')).toStrictEqual(['lab1', 'lab3']);
  expect(fleet.group('down')).toStrictEqual([]);
  expect(fleet.group('ends')).toStrictEqual(['lab1', 'lab9']);
  expect(fleet.group('wild')).toHaveLength(8);
});

it('knows disabled drones, and leaves them out', () => {
  const fleet = parse('  a: "lab[6-8]"\n  b: "lab[7-9]!@a"\n  c: "l*7"\n');
  expect(fleet.group('a')).toStrictEqual(['lab6', 'lab8']);
  expect(fleet.group('b')).toStrictEqual(['lab9']);
  expect(fleet.group('c')).toStrictEqual([]);
});

it.each([
  ['  r: "lab[1-10]"\n', 'f:6:7: group r: no drone is called lab10; did you mean lab1?'],
  ['  r: lab1,lba2\n', 'f:6:11: group r: no drone is called lba2; did you mean lab2?'],
  [
    '  rack1: lab1\n  r: "lab1,@rcak1"\n',
    'f:7:12: group r: no group is called @rcak1; did you mean @rack1?',
  ],
  [
    '  r: lab1,,lab2\n',
    "f:6:11: group r: 'lab1,,lab2': expected a name, a wildcard or '@' and a group at character 6",
  ],
  ['  r: [lab1]\n', 'f:6:6: group r: expected a node set as a text, got a list'],
  ['  r:\n', 'f:6:5: group r: expected a node set as a text, got nothing'],
  ['  r: 5\n', 'f:6:6: group r: expected a node set as a text, got 5'],
  [
    '  a b: lab1\n',
    "f:6:3: bad group name 'a b': expected a letter or a digit, then letters, digits, dots, dashes and underscores",
  ],
  ['  a: "@a"\n', 'f:6:6: group a refers to itself: @a -> @a'],
  [
    '  x: "@a"\n  a: "@b"\n  b: "lab1,@c"\n  c: "@a"\n',
    'f:7:6: group a refers to itself: @a -> @b -> @c -> @a',
  ],
  [
    '  a: "lab1,"\n  b: "@a"\n',
    "f:6:12: group a: 'lab1,': expected a name, a wildcard or '@' and a group at character 6",
  ],
])('refuses %j, once', (groups, message) => {
  expect(() => parse(groups)).toThrow(new InvalidInputError(message));
});

it('follows a chain of 100 groups, and no longer one', () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, i) => `  g${i + 1}: "${i + 1 < length ? `@g${i + 2}` : 'lab1'}"\n`);
  expect(parse(chain(100).join('')).group('g1')).toStrictEqual(['lab1']);
  expect(() => parse(chain(101).join(''))).toThrow(
    new InvalidInputError('f:106:9: group g101: groups refer to each other more than 100 deep'),
  );
});

it('does not call a drone unknown that a bad node set may have meant', () => {
  expect(() =>
    parseFleet('version: 1\ndrones: { "lab[1-": {} }\ngroups: { a: lab2 }', 'f'),
  ).toThrow(
    new InvalidInputError("f:2:18: bad node set: 'lab[1-': expected a closing ']' at character 7"),
  );
});

it('counts the errors that it does not show', () => {
  const groups = Array.from({ length: 1_000 }, (_, i) => `  g${i}: lba${i}\n`).join('');
  const text = `version: 1\ndrones:\n  lab[00001-20000]: {}\ngroups:\n${groups}`;
  expect(() => parseFleet(text, 'f')).toThrow(/\nand 980 more$/);
});
