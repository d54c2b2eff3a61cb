import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { build, buildIsCurrent } from './build.mjs';

let root: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'muster-build-'));
  write('package-lock.json', '{}');
  write('tsconfig.base.json', '{}');
  write('tsconfig.json', '{}');
  mkdirSync(join(root, 'apps'));
  write('libs/one/package.json', '{}');
  write('libs/one/tsconfig.json', '{}');
  write('libs/one/src/index.ts', 'export {};');
  write('libs/one/src/deep/part.ts', 'export {};');
  write('libs/one/dist/.tsbuildinfo', '{}');
  // Stands in for the compiler: succeeds.
  write('node_modules/typescript/bin/tsc', '');
  await build(root, new AbortController().signal);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

it('is current after a build', () => {
  expect(buildIsCurrent(root)).toBe(true);
});

it.each(['libs/one/src/deep/part.ts', 'libs/one/src/new.ts', 'tsconfig.base.json'])(
  'is not current after a change of %s',
  (path) => {
    write(path, 'changed');
    expect(buildIsCurrent(root)).toBe(false);
  },
);

it('is not current when the output is gone', () => {
  rmSync(join(root, 'libs/one/dist'), { recursive: true });
  expect(buildIsCurrent(root)).toBe(false);
});

it('is not touched by tests', () => {
  write('libs/one/src/index.test.ts', 'changed');
  expect(buildIsCurrent(root)).toBe(true);
});

it('says what the compiler said when the build fails', async () => {
  write('node_modules/typescript/bin/tsc', 'console.log("error TS1"); process.exit(2);');
  await expect(build(root, new AbortController().signal)).rejects.toThrow('error TS1');
});
