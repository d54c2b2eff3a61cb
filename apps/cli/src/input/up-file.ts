/** The note that a running `muster up` leaves in the state directory, so that other commands find it. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '@muster/runtime';

export interface UpNote {
  readonly pid: number;
  /** URL of its Redis. */
  readonly redis: string;
  /** Address of its dashboard, where it has one. */
  readonly dashboard?: string;
}

function notePath(): string {
  return join(stateDir(), 'up.json');
}

/** The note of a `muster up` that still runs, or undefined. */
export function readUpNote(): UpNote | undefined {
  try {
    const note = JSON.parse(readFileSync(notePath(), 'utf8')) as UpNote;
    process.kill(note.pid, 0);
    return note;
  } catch (error) {
    // EPERM: it runs, as another user.
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') {
      return JSON.parse(readFileSync(notePath(), 'utf8')) as UpNote;
    }
    return undefined;
  }
}

export function writeUpNote(note: UpNote): void {
  mkdirSync(stateDir(), { recursive: true, mode: 0o700 });
  const draft = `${notePath()}.${String(process.pid)}`;
  writeFileSync(draft, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  renameSync(draft, notePath());
}

export function removeUpNote(): void {
  rmSync(notePath(), { force: true });
}
