import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODEL_PROGRAMS } from './model/programs.mjs';
import { search } from './model/search.mjs';
import { SEARCHES } from './model/searches.mjs';
import { say } from './setup/report.mjs';
import { setUp } from './setup/setup.mjs';

// Checks the model of a tick, docs/model/tick.pml; with arguments, only the searches of these
// names, and how they came to what they found.
const names = process.argv.slice(2);
const unknown = names.find((name) => !SEARCHES.some((plan) => plan.name === name));
if (unknown !== undefined) {
  say(
    `There is no search '${unknown}'. There are:\n  ${SEARCHES.map(({ name }) => name).join('\n  ')}`,
  );
  process.exit(2);
}
await setUp({ programs: Object.values(MODEL_PROGRAMS) });

const controller = new AbortController();
/** @type {NodeJS.Signals[]} */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const name of ENDINGS) {
  process.once(name, () => {
    process.exitCode = 128 + constants.signals[name];
    controller.abort();
  });
}

const startedAt = Date.now();
const folder = mkdtempSync(join(tmpdir(), 'muster-model-'));
const queue = SEARCHES.filter(({ name }) => names.length === 0 || names.includes(name));
const count = queue.length;
let failed = 0;

async function searchNext() {
  for (let plan = queue.shift(); plan !== undefined; plan = queue.shift()) {
    const outcome = await search(plan, {
      folder: join(folder, String(queue.length)),
      signal: controller.signal,
    });
    if (controller.signal.aborted) return;
    const { ok, verdict, states, seconds, story, output } = outcome;
    const size = `${states.toLocaleString('en')} states, ${seconds.toFixed(1)} s`;
    print(`${ok ? 'ok    ' : 'FAILED'}  ${plan.name.padEnd(36)} ${size.padEnd(25)} ${verdict}`);
    if (!ok || names.length > 0) for (const step of story) print(`        ${step}`);
    if (ok) continue;
    failed += 1;
    if (story.length === 0) print(output.slice(-20).join('\n'));
  }
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}

try {
  await Promise.all([searchNext(), searchNext()]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (!controller.signal.aborted) {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  print(`${count - failed} of ${count} searches came out as they must (${seconds} s)`);
  if (failed > 0) process.exitCode = 1;
}
