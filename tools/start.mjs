import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { PROGRAMS } from './setup/programs.mjs';
import { setUp } from './setup/setup.mjs';
import { WORKSPACE_ROOT } from './workspace-root.mjs';

/** What `npm start` without arguments runs: one real tick on the example fleet. */
const FIRST_TICK_ARGS = [
  'tick',
  '--fleet',
  'examples/fleet.yaml',
  '--calls',
  'examples/roll-call.yaml',
];

await setUp({ programs: [PROGRAMS.redis] });

const args = process.argv.slice(2);
if (args.length === 0) process.chdir(WORKSPACE_ROOT);
const muster = join(WORKSPACE_ROOT, 'apps', 'cli', 'bin', 'muster.js');

// In this process: a child between muster and its terminal would have to pass
// on signals and exit codes, and Ctrl-C would arrive twice.
process.argv = [process.execPath, muster, ...(args.length === 0 ? FIRST_TICK_ARGS : args)];
await import(pathToFileURL(muster).href);
