/** `npm run bench -- [queue|workers|ssh|limits|memory|cold|dashboard] [--runs N] [--most N] [--json FILE]`: see bench/README.md. */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { table } from './measure.mjs';
import { benchCold } from './cold.mjs';
import { benchDashboard } from './dashboard.mjs';
import { benchLimits } from './limits.mjs';
import { benchMemory } from './memory.mjs';
import { benchQueue } from './queue.mjs';
import { benchSsh } from './ssh.mjs';
import { benchWorkers } from './workers.mjs';
import { PROGRAMS } from '../tools/setup/programs.mjs';
import { setUp } from '../tools/setup/setup.mjs';
import { WORKSPACE_ROOT } from '../tools/workspace-root.mjs';

const BENCHES = {
  queue: benchQueue,
  workers: benchWorkers,
  ssh: benchSsh,
  limits: benchLimits,
  memory: benchMemory,
  cold: benchCold,
  dashboard: benchDashboard,
};

const expected = `[${Object.keys(BENCHES).join('|')}] [--runs N] [--most N] [--json FILE]`;
const { values, positionals } = readArguments();
const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
const [runs, most] = [Number(values.runs), Number(values.most)];
const isCount = (/** @type {number} */ value) => Number.isInteger(value) && value >= 1;
if (unknown !== undefined || !isCount(runs) || !isCount(most)) {
  const wrong = unknown ?? `--runs ${values.runs} --most ${values.most}`;
  refuse(wrong);
}
// Told at once, and not after the last run.
if (values.json !== undefined)
  await writeFile(values.json, '').catch((error) => refuse(`--json: ${error.message}`));
const browser = names.includes('dashboard') ? [PROGRAMS.chromium] : [];
await setUp({ programs: [PROGRAMS.redis, PROGRAMS.sshd, ...browser] });
// Only set-up made it: it cannot be imported before.
const lab = await import(
  pathToFileURL(join(WORKSPACE_ROOT, 'libs', 'testing', 'dist', 'index.js')).href
);
/** @type {Record<string, unknown>} */
const results = {};
for (const name of names) {
  const bench = BENCHES[/** @type {keyof typeof BENCHES} */ (name)];
  const { rows, ratios } = await bench({
    lab,
    runs,
    most,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  results[name] = { rows, ratios };
  process.stdout.write(
    `\n${name}: medians of ${runs} runs, ${cpus().length} cores\n${table(rows)}`,
  );
  for (const { of, to, ratio, line } of ratios) {
    const verdict = ratio <= line ? 'reached' : 'MISSED';
    process.stdout.write(
      `${of} ÷ ${to}: ${ratio.toFixed(3)} (line ${line.toFixed(3)}, ${verdict})\n`,
    );
  }
}
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string', default: '5' },
        json: { type: 'string' },
        most: { type: 'string', default: '50000' },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} wrong
 * @returns {never}
 */
function refuse(wrong) {
  process.stderr.write(`${wrong}: expected ${expected}\n`);
  process.exit(2);
}
