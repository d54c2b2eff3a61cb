/** A call that says when it runs, and ends when it is told to: no test needs to guess how long things take. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Gate {
  /** Runs until the gate is opened, prints `through`, and ends with 0. */
  readonly argv: readonly string[];
  /** Resolves when the command runs. */
  entered(): Promise<void>;
  /** Lets the command that has entered go on. */
  open(): Promise<void>;
  /** Lets go of everything, also of a command that never came. */
  remove(): Promise<void>;
}

/** A named pipe, which the command reads and the test writes: each waits until the other is there. */
export async function makeGate(): Promise<Gate> {
  const pipe = join(tmpdir(), `muster-gate-${randomUUID()}`);
  await run('mkfifo', [pipe]);
  let entering: Promise<FileHandle> | undefined;
  const enter = () => (entering ??= open(pipe, constants.O_WRONLY));
  return {
    argv: ['sh', '-c', 'read -r line <"$1"; echo through', 'gate', pipe],
    entered: async () => {
      await enter();
    },
    open: async () => {
      const handle = await enter();
      entering = undefined;
      await handle.close();
    },
    remove: async () => {
      // A reader, for a moment, so that whoever still waits for one goes on.
      const reader = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
      await (await entering)?.close();
      await reader.close();
      await rm(pipe);
    },
  };
}
