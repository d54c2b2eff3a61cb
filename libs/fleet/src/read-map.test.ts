import { InvalidInputError } from '@muster/protocol';
import { expect, it } from 'vitest';
import { parseFleet } from './parse-fleet.js';

const KNOWN =
  'known: transport, site, address, port, user, identityFile, passphraseFile, knownHosts, hostKeyPolicy, ' +
  'jump, workdir, enabled, tags, methods, maxConcurrentCalls';

it.each([
  [
    '  lab001:\n    user: x\n    trasnport: ssh\n',
    "f:5:5: unknown key 'trasnport' in drone lab001; did you mean 'transport'?",
  ],
  ['  a: { __proto__: {} }\n', `f:3:8: unknown key '__proto__' in drone a; ${KNOWN}`],
  ['  a: { constructor: {} }\n', `f:3:8: unknown key 'constructor' in drone a; ${KNOWN}`],
  ['  a: { "b\\e[1m\\nc": 1 }\n', `f:3:8: unknown key 'b c' in drone a; ${KNOWN}`],
  ['  a: { 7: 1 }\n', `f:3:8: unknown key '7' in drone a; ${KNOWN}`],
  [
    '  a: { port: 1,\n       "port": 2 }\n',
    "f:4:8: key 'port' given twice in drone a; the first is on line 3",
  ],
  ['  a: {}\n  a: {}\n', "f:4:3: key 'a' given twice in drones; the first is on line 3"],
  [
    '  a: {}\ndrones: {}\n',
    "f:4:1: key 'drones' given twice in the fleet file; the first is on line 2",
  ],
  ['  ? [a]\n  : {}\n', 'f:3:5: drones: expected a text as key, got a list'],
  [
    '  a: &a {}\n  b: { <<: *a }\n',
    "f:4:8: merge keys ('<<') are not read, in drone b; write the keys out",
  ],
  ['  a: 5\n', 'f:3:6: drone a: expected a map, got 5'],
])('refuses %j', (drones, message) => {
  expect(() => parseFleet(`version: 1\ndrones:\n${drones}`, 'f')).toThrow(
    new InvalidInputError(message),
  );
});

it('takes a key as it is written', () => {
  expect(parseFleet('version: 1\ndrones: { 007: {}, 1e3: {}, null: {} }', 'f').names).toStrictEqual(
    ['007', '1e3', 'null'],
  );
});
