import { expect, it } from 'vitest';
import { countTests, summaryLine } from './count-tests.mjs';

it('counts tests, and a file that could not be loaded as a failed one', () => {
  const counts = countTests({
    testResults: [
      {
        status: 'failed',
        assertionResults: [{ status: 'passed' }, { status: 'failed' }, { status: 'pending' }],
      },
      { status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'todo' }] },
      { status: 'failed', assertionResults: [] },
    ],
  });
  expect(counts).toEqual({ passed: 2, failed: 2, skipped: 2 });
});

it('writes one plain line', () => {
  expect(summaryLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
  expect(summaryLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
});
