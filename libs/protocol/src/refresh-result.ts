/** What a `refresh` gives: pidfiles, the process table, and the same pidfiles once more (behaviour 28). */

/**
 * What a pidfile says, by its lines (behaviour 29). Whether the process it names still runs is
 * for the process table to say.
 */
export const PID_FILE_STATES = [
  /** No line. */
  'empty',
  /** A pid. */
  'started',
  /** A pid and one line more: the rest is still being written. */
  'exit_pending',
  /** A pid, an exit status and a count of failed tests. */
  'exited',
  /** More lines than that, or one that is no integer. */
  'invalid',
] as const;

export type PidFileState = (typeof PID_FILE_STATES)[number];

/** What is not there, or not yet, is null; so is all of a pidfile that is `invalid`. */
export interface PidFile {
  readonly pid: number | null;
  readonly exitStatus: number | null;
  readonly failedTests: number | null;
  readonly state: PidFileState;
}

export interface TableProcess {
  readonly pid: number;
  readonly pgid: number;
  readonly ppid: number;
  /** Its name as the kernel has it: 15 bytes at most for a program. */
  readonly command: string;
  /** Its arguments, apart by spaces, up to 4,096 bytes; empty for kernel threads and zombies. */
  readonly args: string;
}

/** Pidfiles by their paths as they were given; those that are missing or cannot be read are left out. */
export interface RefreshResult {
  readonly pidFiles: Readonly<Record<string, PidFile>>;
  readonly pidFilesSecondRead: Readonly<Record<string, PidFile>>;
  readonly processes: readonly TableProcess[];
}
