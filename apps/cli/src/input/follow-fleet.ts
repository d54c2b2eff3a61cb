/** A fleet file that may be edited while a command that shows it runs. */
import { stat } from 'node:fs/promises';
import { loadFleet, type DroneFleet } from '@muster/producer';
import type { Logger } from '@muster/runtime';

type Fleet = DroneFleet['file'];

/**
 * Gives the way to ask, as often as one likes, for the fleet where its file has changed since: undefined
 * where it has not. One that cannot be used is a warning, once, and what was known stays.
 */
export async function followFleet(
  path: string,
  log: Logger,
): Promise<() => Promise<Fleet | undefined>> {
  let seen = await stampOf(path);
  return async () => {
    const stamp = await stampOf(path);
    if (stamp === undefined || stamp === seen) return undefined;
    // Before it is read: what is written meanwhile is seen the next time.
    seen = stamp;
    try {
      const { file } = await loadFleet(path);
      log.info({ drones: file.size }, 'the fleet file was read anew');
      return file;
    } catch (error) {
      log.warn({ err: error }, 'the fleet file cannot be used: what it said before stays');
      return undefined;
    }
  };
}

/** Undefined while there is no such file, as when an editor puts another in its place; a pipe never changes. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? [found.mtimeMs, found.size, found.ino].join(' ') : undefined;
  } catch {
    return undefined;
  }
}
