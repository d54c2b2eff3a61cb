#!/usr/bin/env node
// npm links this file into node_modules/.bin before anything is built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(
    'muster is not built yet: run `npm start` once at the root of the checkout\n',
  );
  process.exitCode = 2;
}
