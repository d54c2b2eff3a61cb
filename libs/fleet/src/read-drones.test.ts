import { InvalidInputError } from '@muster/protocol';
import { expect, it } from 'vitest';
import { parseFleet } from './parse-fleet.js';

function parse(drones: string) {
  return parseFleet(`version: 1\n${drones}`, 'f', { HOME: '/h' });
}

it('lets a later entry refine an earlier one, key by key', () => {
  const fleet = parse(`defaults: { user: root, tags: [all] }
drones:
  a[1-4]: { port: 1, user: x }
  a[2-3]: { port: 2, tags: [y] }
  "a3,b1": { enabled: false }
`);
  expect(fleet.names).toStrictEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
  expect(fleet.get('a1')).toMatchObject({ port: 1, user: 'x', tags: ['all'], enabled: true });
  expect(fleet.get('a2')).toMatchObject({ port: 2, user: 'x', tags: ['y'], enabled: true });
  expect(fleet.get('a3')).toMatchObject({ port: 2, user: 'x', tags: ['y'], enabled: false });
  expect(fleet.get('a4')).toMatchObject({ port: 1, user: 'x', tags: ['all'], enabled: true });
  expect(fleet.get('b1')).toMatchObject({ user: 'root', tags: ['all'], enabled: false });
  expect(fleet.get('b1')?.port).toBeUndefined();
});

it.each([
  ['  lab[1-: {}\n', "f:3:9: bad node set: 'lab[1-': expected a closing ']' at character 7"],
  ['  "lab[1-": {}\n', "f:3:10: bad node set: 'lab[1-': expected a closing ']' at character 7"],
  ['  "l\\x61b[1-": {}\n', "f:3:3: bad node set: 'lab[1-': expected a closing ']' at character 7"],
  [
    '  a,-b: {}\n',
    "f:3:5: bad node set: 'a,-b': expected a name that starts with a letter or a digit at character 3",
  ],
  ['  "": {}\n', "f:3:4: bad node set: '': expected a name at character 1"],
])('refuses %j', (drones, message) => {
  expect(() => parse(`drones:\n${drones}`)).toThrow(new InvalidInputError(message));
});

it('checks the settings of a bad node set, and those behind an alias once', () => {
  expect(() => parse('drones:\n  a[: &x { port: 0 }\n  b: *x\n')).toThrow(
    new InvalidInputError(
      "f:3:5: bad node set: 'a[': expected a closing ']' at character 3\n" +
        "f:3:18: 'port' in drone a[: expected a whole number from 1 to 65535, got 0",
    ),
  );
});

it('shows the beginning of a long node set', () => {
  expect(() => parse(`drones:\n  ${'x'.repeat(500)}[: {}\n`)).toThrow(
    new InvalidInputError(
      `f:3:504: bad node set: '${'x'.repeat(59)}…': expected a closing ']' at character 502`,
    ),
  );
});

it('takes no more than 1,000,000 drones', { timeout: 60_000 }, () => {
  expect(() => parse('drones:\n  a[1-1000000]: {}\n  b: {}\n')).toThrow(
    new InvalidInputError('f:4:6: more than 1,000,000 drones'),
  );
});
