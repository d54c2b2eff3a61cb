import { defineConfig } from 'vitest/config';

/** Real processes, real sockets: slow machines get time, small ones are not flooded. */
const SYSTEM_TIMEOUT_MS = 60_000;
/** Not a measure of speed: a busy machine is no reason to fail. */
const UNIT_TIMEOUT_MS = 30_000;

export default defineConfig({
  test: {
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
          include: ['{apps,libs}/*/test/**/*.test.ts', 'tests/*.test.ts', 'examples/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: SYSTEM_TIMEOUT_MS,
          hookTimeout: SYSTEM_TIMEOUT_MS,
        },
      },
      {
        // What must happen by a deadline is asked of a machine that is not busy with other tests.
        test: {
          name: 'faults',
          include: ['tests/faults/*.test.ts'],
          pool: 'forks',
          // One lab after the other: each starts a dozen processes.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          testTimeout: SYSTEM_TIMEOUT_MS,
          hookTimeout: SYSTEM_TIMEOUT_MS,
        },
      },
    ],
  },
});
