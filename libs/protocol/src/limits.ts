/** Sizes above which input is refused before anything is enqueued, and what is kept of others. All in bytes unless said. */
export const LIMITS = {
  /** A drone's batch, as JSON. */
  batchBytes: 4 * 1024 * 1024,
  /** What an `exec` may keep of each of its two streams, at most. */
  maxOutputBytes: 16 * 1024 * 1024,
  /** What an `exec` keeps of each stream when nothing is said. */
  defaultOutputBytes: 64 * 1024,
  /** Calls in a batch. */
  calls: 10_000,
  /** Pidfiles that a `refresh` may read. */
  pidFiles: 1_000,
  /** Process groups that a `kill` may end. */
  pids: 1_000,
  /** The largest id that Linux gives a process. */
  pid: 4_194_304,
  /** What a `kill` may wait between TERM and KILL, in milliseconds. */
  graceMs: 600_000,
  /** A call's, batch's or tick's time, in milliseconds: a week. */
  durationMs: 7 * 24 * 3_600_000,
  /** Entries kept of each queue's stream of BullMQ events: people may look at them, nobody else does. */
  queueEvents: 100,
  /** How long ticks may be kept, in milliseconds: ten years. */
  keepMs: 3_650 * 24 * 3_600_000,
} as const;

/** How long a call may run when nothing is said, in milliseconds (behaviour 37). */
export const DEFAULT_CALL_TIMEOUT_MS = 3_600_000;
