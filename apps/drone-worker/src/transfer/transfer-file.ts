import type { FileEntry, OpenFile } from '../transport/files.js';
import type { Checkpoint, Place } from './place.js';
import { inLanes } from './lanes.js';
import { replace } from './replace.js';

/** Bytes of one step. */
const CHUNK = 65_536;
/** Steps at once, so that a file is not as slow as the way there and back for each of its chunks. */
const LANES = 16;

/** Transfers a file with its mode and times, a megabyte in memory at most; gives its size in bytes. */
export async function transferFile(
  from: Place,
  to: Place,
  { size, attributes }: FileEntry,
  checkpoint: Checkpoint,
): Promise<number> {
  const source = await from.files.openToRead(from.path);
  try {
    const fill = async (path: string) => {
      const target = await to.files.create(path);
      try {
        const bytes = await copyBytes(source, target, size, checkpoint);
        await target.setAttributes(attributes);
        return bytes;
      } finally {
        await target.close();
      }
    };
    return await replace(to, fill, checkpoint);
  } finally {
    await source.close();
  }
}

/** `size` is what the file had a moment ago; all that is there now is copied. */
async function copyBytes(
  source: OpenFile,
  target: OpenFile,
  size: number,
  checkpoint: Checkpoint,
): Promise<number> {
  let next = 0;
  let bytes = 0;
  const lanes = Math.min(LANES, Math.max(1, Math.ceil(size / CHUNK)));
  /** Those that no lane holds. */
  const buffers: Buffer[] = [];
  await inLanes(lanes, async () => {
    const position = next;
    next += CHUNK;
    await checkpoint();
    const buffer = buffers.pop() ?? Buffer.allocUnsafe(CHUNK);
    const filled = await fillBuffer(source, buffer, position);
    if (filled > 0) await target.write(buffer.subarray(0, filled), position);
    buffers.push(buffer);
    bytes += filled;
    return filled === CHUNK;
  });
  return bytes;
}

/** A read may give less than there is: only one that gives nothing says that the end is there. */
async function fillBuffer(source: OpenFile, buffer: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const got = await source.read(buffer.subarray(filled), position + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}
