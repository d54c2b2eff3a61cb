/** A shell on a drone, however it is reached. */
import type { Readable, Writable } from 'node:stream';

/** How a process ended, as its server or the system says it. */
export interface ShellExit {
  /** Exit status, or null when a signal ended it. */
  readonly exitCode: number | null;
  /** `SIGKILL` and the like, or null. */
  readonly signal: string | null;
}

/**
 * A `/bin/sh` that was started on the drone as the leader of a process group of
 * its own, running the transport-independent boot script.
 */
export interface Shell {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Resolves when the shell's own process has ended; its streams may still be open. Rejects with
   * `SessionLostError` when the session is lost first: then the outputs just end, and what is
   * written to the input goes nowhere, without an error and maybe without a callback.
   */
  readonly exited: Promise<ShellExit>;
  /** Lets go of the streams. Ends nothing on the drone by itself. */
  close(): void;
}

/** The connection to the drone was lost, or the server did not answer in time. */
export class SessionLostError extends Error {
  override readonly name = 'SessionLostError';
}
