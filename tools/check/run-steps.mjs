import { runCommand } from '../setup/run-command.mjs';

/**
 * Runs all steps, whatever becomes of the others, and reports each as it ends.
 * @param {readonly import('./steps.mjs').CheckStep[]} steps
 * @param {{ parallel: number, print: (text: string) => void }} options
 * @returns {Promise<string[]>} the names of the steps that failed
 */
export async function runSteps(steps, { parallel, print }) {
  const queue = [...steps];
  /** @type {string[]} */
  const failed = [];
  const runNext = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const startedAt = Date.now();
      const { ok, output } = await runCommand(step.command);
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      print(`${ok ? 'ok    ' : 'FAILED'}  ${step.name} (${seconds} s)`);
      if (ok) continue;
      failed.push(step.name);
      print(output.trimEnd());
      if (step.fix !== undefined) print(`To fix it: ${step.fix}`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, runNext));
  return failed;
}
