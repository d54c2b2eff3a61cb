#!/usr/bin/env node
// npm links this file into node_modules/.bin before anything is built.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
/** Milliseconds since 1970; 0 for a file that is not there. */
const changed = (/** @type {string} */ path) =>
  statSync(here(path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Whose compiled code is in the bundle. */
const PARTS = [
  ...['cli', 'producer', 'drone-worker'].map((name) => `../../${name}`),
  ...['protocol', 'runtime', 'fleet', 'tick-state'].map((name) => `../../../libs/${name}`),
];
const BUNDLE = '../bundle/muster.cjs';
const bundled = changed(BUNDLE);
const isCurrent = PARTS.every((part) => changed(`${part}/dist/.tsbuildinfo`) <= bundled);

if (bundled > 0 && isCurrent) {
  runBundle(here(BUNDLE), here('../bundle/muster.cache'));
} else if (changed('../dist/main.js') > 0) {
  await import(new URL('../dist/main.js', import.meta.url).href);
} else {
  process.stderr.write(
    'muster is not built yet: run `npm start` once at the root of the checkout\n',
  );
  process.exitCode = 2;
}

/**
 * Runs it as a CommonJS module, with the code that V8 made of it before. V8 itself refuses what
 * another version or other flags have made.
 * @param {string} file
 * @param {string} cache
 */
function runBundle(file, cache) {
  const write = process.env['MUSTER_WRITE_CODE_CACHE'] === '1';
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData: write ? undefined : read(cache),
  });
  if (write) process.on('exit', () => writeFileSync(cache, script.createCachedData()));
  const module = { exports: {} };
  const importModule = (/** @type {string} */ specifier) => import(specifier);
  const run = script.runInThisContext();
  run(module.exports, createRequire(file), module, file, dirname(file), importModule);
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
