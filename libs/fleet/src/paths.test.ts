import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { expandPath, homeFolder } from './paths.js';

it("takes the environment's HOME, else the system's", () => {
  expect(homeFolder({ HOME: '/x' })).toBe('/x');
  expect(homeFolder({})).toBe(homedir());
  expect(homeFolder({ HOME: '' })).toBe(homedir());
});

it.each([
  ['~', '/home/me'],
  ['~/a/../b', '/home/me/b'],
  ['/a', '/a'],
  ['a', '/etc/a'],
  ['./~/a', '/etc/~/a'],
  ['../a', '/a'],
])('expands %s to %s', (path, expanded) => {
  expect(expandPath(path, '/home/me', '/etc')).toBe(expanded);
});
