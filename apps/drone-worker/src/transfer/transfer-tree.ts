/** Transfers what stands at a path, a directory with all that is in it. Links are never followed. */
import { FileError, type FileEntry } from '../transport/files.js';
import { inLanes } from './lanes.js';
import { inside, notADirectory, type Checkpoint, type Place } from './place.js';
import { replace } from './replace.js';
import type { Tally } from './tally.js';
import { transferFile } from './transfer-file.js';

/** Files of one directory at once: each takes several questions, and the way there and back may be long. */
const AT_ONCE = 8;
/** Until it is filled, a directory is for us alone. */
const UNFINISHED = 0o700;

/** What cannot be transferred is noted in the tally, and the rest goes on. */
export async function transferEntry(
  from: Place,
  to: Place,
  entry: FileEntry,
  tally: Tally,
  checkpoint: Checkpoint,
): Promise<void> {
  try {
    await checkpoint();
    switch (entry.kind) {
      case 'file':
        tally.arrived(await transferFile(from, to, entry, checkpoint));
        break;
      case 'link':
        await transferLink(from, to, checkpoint);
        tally.arrived(0);
        break;
      case 'directory':
        await makeUnfinished(to);
        await transferContents(from, to, tally, checkpoint);
        await to.files.setAttributes(to.path, entry.attributes);
        break;
      case 'other':
        throw new FileError(from.path, 'is no file, directory or link');
    }
  } catch (error) {
    tally.failed(error);
  }
}

/** Transfers what is in a directory into one that is there. @throws FileError when it cannot be read. */
export async function transferContents(
  from: Place,
  to: Place,
  tally: Tally,
  checkpoint: Checkpoint,
): Promise<void> {
  const names = await from.files.list(from.path);
  const directories: [Place, Place, FileEntry][] = [];
  await inLanes(Math.min(AT_ONCE, names.length), async () => {
    const name = names.pop();
    if (name === undefined) return false;
    const source = { ...from, path: inside(from.path, name) };
    const target = { ...to, path: inside(to.path, name) };
    try {
      const entry = await from.files.entry(source.path);
      if (entry?.kind === 'directory') directories.push([source, target, entry]);
      // It may be gone since the directory was read.
      else if (entry !== null) await transferEntry(source, target, entry, tally, checkpoint);
    } catch (error) {
      tally.failed(error);
    }
    return true;
  });
  for (const [source, target, entry] of directories)
    await transferEntry(source, target, entry, tally, checkpoint);
}

async function transferLink(from: Place, to: Place, checkpoint: Checkpoint): Promise<void> {
  const target = await from.files.linkTarget(from.path);
  await replace(to, (path) => to.files.makeLink(target, path), checkpoint);
}

async function makeUnfinished({ files, path }: Place): Promise<void> {
  const there = await files.entry(path);
  if (there === null) await files.makeDirectory(path, UNFINISHED);
  else if (there.kind !== 'directory') throw notADirectory(path);
}
