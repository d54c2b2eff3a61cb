/** What only matters where both sides of a transfer are the same machine. */
import { realpath } from 'node:fs/promises';
import { FileError } from '../transport/files.js';
import { parentOf, type Place } from './place.js';

/** Whether two paths of this machine are the same thing, by whatever name. */
export async function isItself(from: Place, to: Place): Promise<boolean> {
  if (from.files !== to.files) return false;
  const source = await realPath(from.path);
  return source !== null && source === (await realPath(to.path));
}

/** @throws FileError for a target inside of the directory that is transferred: there would be no end. */
export async function checkApart(from: Place, to: Place): Promise<void> {
  if (from.files !== to.files) return;
  const source = await realPath(from.path);
  const parent = await realPath(parentOf(to.path) || '.');
  if (source !== null && parent !== null && `${parent}/`.startsWith(`${source}/`))
    throw new FileError(to.path, `lies in ${from.path}`);
}

async function realPath(path: string): Promise<string | null> {
  return realpath(path).catch(() => null);
}
