import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS } from './setup/programs.mjs';
import { say } from './setup/report.mjs';
import { setUp } from './setup/setup.mjs';
import { countTests, summaryLine } from './test/count-tests.mjs';
import { runInForeground } from './test/run-in-foreground.mjs';
import { WORKSPACE_ROOT } from './workspace-root.mjs';

await setUp({ programs: Object.values(PROGRAMS) });

const folder = mkdtempSync(join(tmpdir(), 'muster-test-'));
const report = join(folder, 'report.json');
try {
  const exitCode = await runInForeground([
    process.execPath,
    join(WORKSPACE_ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ]);
  const counts = countTests(readReport(report));
  process.stdout.write(`${summaryLine(counts)}\n`);
  const noneRan = counts.passed + counts.failed === 0;
  if (noneRan) say('No test ran.');
  if (exitCode !== 0 && counts.failed === 0) say(`vitest ended with ${exitCode}, see above.`);
  process.exitCode = exitCode === 0 && noneRan ? 1 : exitCode;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} path
 * @returns {Parameters<typeof countTests>[0]} empty if vitest ended too early to write one
 */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}
