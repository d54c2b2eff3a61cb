import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Real processes, real sockets: slow machines get time, small ones are not flooded. */
const SYSTEM_TIMEOUT_MS = 60_000;
/** Not a measure of speed: a busy machine is no reason to fail. */
const UNIT_TIMEOUT_MS = 30_000;

/** The files that wait the longest come first, so that none of them is the last to run alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => moduleId.includes('/tests/');
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{apps,libs}/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
          // They hold no state between them, and loading everything for each takes longer than they do.
          isolate: false,
          sequence: { groupOrder: 0 },
          testTimeout: UNIT_TIMEOUT_MS,
        },
      },
      {
        test: {
          name: 'system',
          include: [
            '{apps,libs}/*/test/**/*.test.ts',
            'tests/**/*.test.ts',
            'examples/**/*.test.ts',
          ],
          pool: 'forks',
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: SYSTEM_TIMEOUT_MS,
          hookTimeout: SYSTEM_TIMEOUT_MS,
        },
      },
    ],
  },
});
