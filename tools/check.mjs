import { runSteps } from './check/run-steps.mjs';
import { CHECK_STEPS } from './check/steps.mjs';
import { setUp } from './setup/setup.mjs';

await setUp({ programs: [] });

const failed = await runSteps(CHECK_STEPS, {
  parallel: 2,
  print: (text) => process.stdout.write(`${text}\n`),
});
if (failed.length > 0) {
  process.stdout.write(`\nFailed: ${failed.join('; ')}\n`);
  process.exitCode = 1;
}
