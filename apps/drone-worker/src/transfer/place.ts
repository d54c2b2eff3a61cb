/** A path on one of the two machines that a transfer is between. */
import { FileError, type Files } from '../transport/files.js';

export interface Place {
  readonly files: Files;
  /** May end in slashes, as a call gives it. */
  readonly path: string;
}

/** Called between the steps of a transfer; rejects once it must end. */
export type Checkpoint = () => Promise<void>;

/** What a directory that nobody says more of is made with, subject to the umask. */
const DIRECTORY_MODE = 0o777;

export function inside(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}

/** `/` stays what it is. */
export function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/s, '');
}

/** Empty where the path has no directory in it. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === 0 ? '/' : path.slice(0, Math.max(slash, 0));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether it is a directory, or a link to one. */
export async function isDirectory({ files, path }: Place): Promise<boolean> {
  return (await files.entry(inside(path, '')))?.kind === 'directory';
}

/** Makes the directory that a path lies in; one with a slash at its end lies in what is before that. */
export async function makeParent({ files, path }: Place): Promise<void> {
  const parent = parentOf(path);
  if (parent !== '') await makeDirectory({ files, path: withoutSlash(parent) });
}

/** Makes a directory, and those that it lies in, where they are not there. */
export async function makeDirectory(place: Place): Promise<void> {
  if (await isDirectory(place)) return;
  await makeParent(place);
  try {
    await place.files.makeDirectory(place.path, DIRECTORY_MODE);
  } catch (error) {
    // Another transfer may have made it meanwhile.
    if (await isDirectory(place)) return;
    throw (await place.files.entry(place.path)) === null ? error : notADirectory(place.path);
  }
}

export function notADirectory(path: string): FileError {
  return new FileError(path, 'is not a directory');
}
