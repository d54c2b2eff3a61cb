/** `npm run chaos -- --minutes N --seed S --ticks T`: ticks under random faults; the seed that it prints replays them. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { PROGRAMS } from './setup/programs.mjs';
import { setUp } from './setup/setup.mjs';
import { WORKSPACE_ROOT } from './workspace-root.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    ticks: { type: 'string', default: '1000000' },
  },
});
await setUp({ programs: [PROGRAMS.redis] });
// Only set-up made it: it cannot be imported before.
const lab = join(WORKSPACE_ROOT, 'libs', 'testing', 'dist', 'index.js');
const { runChaos } = await import(pathToFileURL(lab).href);
process.stdout.write(`seed ${values.seed}\n`);
const broken = await runChaos({
  seed: Number(values.seed),
  ticks: Number(values.ticks),
  limitMs: Number(values.minutes) * 60_000,
  say: (/** @type {string} */ line) => process.stdout.write(`${line}\n`),
});
process.stdout.write(broken.length === 0 ? 'every promise held\n' : `${broken.length} broken\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
