import { expect, it } from 'vitest';
import { runSteps } from './run-steps.mjs';

function step(name: string, script: string, fix?: string) {
  return { name, command: [process.execPath, '-e', script], ...(fix === undefined ? {} : { fix }) };
}

it('runs every step and shows why those that fail do', async () => {
  const lines: string[] = [];
  const failed = await runSteps(
    [
      step('first', 'console.log("bad line"); process.exit(1)', 'mend it'),
      step('second', ''),
      { name: 'third', command: ['./no-such-program'] },
    ],
    { parallel: 2, print: (text) => lines.push(text) },
  );
  expect(failed.sort()).toEqual(['first', 'third']);
  const printed = lines.join('\n');
  expect(printed).toMatch(/^FAILED {2}first \(\d+\.\d s\)\nbad line\nTo fix it: mend it$/m);
  expect(printed).toMatch(/^ok {6}second /m);
  expect(printed).toContain('ENOENT');
});
