import type { JobsOptions } from 'bullmq';

/** Children leave nothing behind, and never hold up their parent: what became of them is told elsewhere. */
export const CHILD_OPTIONS = {
  removeOnComplete: true,
  removeOnFail: true,
  ignoreDependencyOnFailure: true,
} as const satisfies JobsOptions;

/** The same as BullMQ stores it in a job. */
export const STORED_CHILD_OPTIONS = {
  removeOnComplete: true,
  removeOnFail: true,
  idof: true,
  attempts: 0,
} as const;
