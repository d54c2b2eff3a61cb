/** One transfer, between any two machines: where its parts go. The algorithm of `put` and of `get`. */
import { FileError, type FileEntry } from '../transport/files.js';
import { checkApart, isItself } from './apart.js';
import {
  inside,
  isDirectory,
  makeDirectory,
  makeParent,
  nameOf,
  notADirectory,
  withoutSlash,
  type Checkpoint,
  type Place,
} from './place.js';
import type { Tally } from './tally.js';
import { transferContents, transferEntry } from './transfer-tree.js';

/**
 * As the method `copy`: `to` is what the copy is called; a single file goes into a directory that is
 * there; a slash at the end of `from` means the directory's contents; onto itself it is a no-op.
 * What cannot be transferred is in the tally.
 */
export async function transfer(
  from: Place,
  to: Place,
  tally: Tally,
  checkpoint: Checkpoint,
): Promise<void> {
  try {
    const source = await sourceAt(from);
    if (await isItself(from, to)) return;
    await makeParent(to);
    if (source.kind === 'directory') await transferDirectory(from, to, source, tally, checkpoint);
    else await transferSingle(from, to, source, tally, checkpoint);
  } catch (error) {
    tally.failed(error);
  }
}

/** A link is one, unless there is a slash behind it. */
async function sourceAt({ files, path }: Place): Promise<FileEntry> {
  if ((await files.entry(withoutSlash(path))) === null)
    throw new FileError(path, 'no such file or directory');
  const entry = await files.entry(path);
  if (entry === null || (path.endsWith('/') && entry.kind !== 'directory'))
    throw notADirectory(path);
  return entry;
}

async function transferSingle(
  from: Place,
  to: Place,
  source: FileEntry,
  tally: Tally,
  checkpoint: Checkpoint,
): Promise<void> {
  const there = await to.files.entry(to.path);
  const replacesLink = source.kind === 'link' && there?.kind === 'link';
  const goesInside = !replacesLink && (await isDirectory(to));
  const path = goesInside ? inside(to.path, nameOf(from.path)) : to.path;
  const target = { ...to, path };
  if (await isItself(from, target)) return;
  await transferEntry(from, target, source, tally, checkpoint);
}

async function transferDirectory(
  from: Place,
  to: Place,
  source: FileEntry,
  tally: Tally,
  checkpoint: Checkpoint,
): Promise<void> {
  const target = { ...to, path: withoutSlash(to.path) };
  await checkApart(from, target);
  await makeDirectory(target);
  await transferContents(from, target, tally, checkpoint);
  if (!from.path.endsWith('/')) await to.files.setAttributes(target.path, source.attributes);
}
