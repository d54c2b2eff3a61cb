import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { npmPackagesAreCurrent } from './npm-packages.mjs';

const WANTED = {
  '': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/for-another-platform': { version: '1.0.0', optional: true },
};
const INSTALLED = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-packages-'));
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
  writeFileSync(join(root, 'node_modules', '.bin', 'muster'), '');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function writeLocks(wanted: object, installed: object): void {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  writeFileSync(
    join(root, 'node_modules', '.package-lock.json'),
    JSON.stringify({ packages: installed }),
  );
}

it('is current when all that fits this platform is installed', () => {
  writeLocks(WANTED, INSTALLED);
  expect(npmPackagesAreCurrent(root)).toBe(true);
});

it.each([
  ['a package is missing', {}],
  ['a version differs', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
  ['a content differs', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-b' } }],
  ['a package is left over', { ...INSTALLED, 'node_modules/b': { version: '1.0.0' } }],
])('is not current when %s', (_, installed) => {
  writeLocks(WANTED, installed);
  expect(npmPackagesAreCurrent(root)).toBe(false);
});

it('is not current when nothing was installed, or not to the end', () => {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: WANTED }));
  expect(npmPackagesAreCurrent(root)).toBe(false);
});

it('is not current when the muster command is not linked', () => {
  writeLocks(WANTED, INSTALLED);
  rmSync(join(root, 'node_modules', '.bin', 'muster'));
  expect(npmPackagesAreCurrent(root)).toBe(false);
});
