/** Nothing half-written ever stands under a final name. */
import { randomBytes } from 'node:crypto';
import { FileError } from '../transport/files.js';
import { inside, isDirectory, parentOf, type Checkpoint, type Place } from './place.js';

/** Makes something under a temporary name beside the place, and renames it once it is whole. */
export async function replace<T>(
  place: Place,
  make: (path: string) => Promise<T>,
  checkpoint: Checkpoint,
): Promise<T> {
  const { files, path } = place;
  const name = `.muster-${randomBytes(8).toString('hex')}`;
  const parent = parentOf(path);
  const temporary = parent === '' ? name : inside(parent, name);
  try {
    const made = await make(temporary);
    await checkpoint();
    await rename(temporary, place);
    return made;
  } catch (error) {
    await files.remove(temporary).catch(() => undefined);
    if (error instanceof FileError && error.path === temporary)
      throw new FileError(path, error.reason);
    throw error;
  }
}

/** Not every machine says what was in the way. */
async function rename(temporary: string, place: Place): Promise<void> {
  try {
    await place.files.rename(temporary, place.path);
  } catch (error) {
    if (error instanceof FileError && (await isDirectory(place)))
      throw new FileError(place.path, 'is a directory');
    throw error;
  }
}
