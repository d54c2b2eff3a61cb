/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * Counts tests in what vitest's json reporter wrote. A file that failed before
 * any of its tests ran counts as one failed test: it must not go unseen.
 * @param {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} report
 * @returns {Counts}
 */
export function countTests({ testResults }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of testResults) {
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    }
    const showsWhy = assertionResults.some((test) => test.status === 'failed');
    if (status === 'failed' && !showsWhy) counts.failed += 1;
  }
  return counts;
}

/**
 * @param {Counts} counts
 * @returns {string} such as `12 passed, 0 failed`
 */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
