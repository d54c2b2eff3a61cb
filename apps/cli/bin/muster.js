#!/usr/bin/env node
// npm links this file into node_modules/.bin before anything is built.
import { statSync } from 'node:fs';

const here = (/** @type {string} */ path) => new URL(path, import.meta.url);
/** Milliseconds since 1970; 0 for a file that is not there. */
const changed = (/** @type {string} */ path) =>
  statSync(here(path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Whose compiled code is in the bundle. */
const PARTS = [
  ...['cli', 'producer', 'drone-worker'].map((name) => `../../${name}`),
  ...['protocol', 'runtime', 'fleet', 'tick-state'].map((name) => `../../../libs/${name}`),
];
const bundled = changed('../bundle/main.js');
const isCurrent = PARTS.every((part) => changed(`${part}/dist/.tsbuildinfo`) <= bundled);

if (bundled > 0 && isCurrent) {
  await import(here('../bundle/main.js').href);
} else if (changed('../dist/main.js') > 0) {
  await import(here('../dist/main.js').href);
} else {
  process.stderr.write(
    'muster is not built yet: run `npm start` once at the root of the checkout\n',
  );
  process.exitCode = 2;
}
