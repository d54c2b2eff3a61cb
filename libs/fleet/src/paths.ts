/** What a path in the fleet file means on this machine. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** `$HOME`; where it is not set, the home directory that the system has for this user. */
export function homeFolder(environment: NodeJS.ProcessEnv): string {
  const home = environment['HOME'];
  return home === undefined || home === '' ? homedir() : home;
}

/** `~` and `~/…` in `home`; a relative path in `folder`. */
export function expandPath(path: string, home: string, folder: string): string {
  if (path === '~' || path.startsWith('~/')) return join(home, path.slice(1));
  return resolve(folder, path);
}
