/** What a transfer that may fail leaves behind, for whoever comes to look at its target (behaviour 34). */
import { inside, makeParent, nameOf, withoutSlash, type Checkpoint, type Place } from './place.js';
import { replace } from './replace.js';

const SUFFIX = '.transfer_failed';

/** Writes why the transfer failed beside its target. */
export async function leaveMarker(
  to: Place,
  failure: string,
  checkpoint: Checkpoint,
): Promise<void> {
  const marker = markerOf(to);
  await makeParent(marker);
  const fill = async (path: string) => {
    const file = await to.files.create(path);
    try {
      await file.write(Buffer.from(`${failure}\n`), 0);
    } finally {
      await file.close();
    }
  };
  await replace(marker, fill, checkpoint);
}

/** Removes the marker of a transfer before, where there is one. */
export async function removeMarker(to: Place): Promise<void> {
  const { files, path } = markerOf(to);
  if ((await files.entry(path)) !== null) await files.remove(path);
}

/** `/a/b.transfer_failed` for `/a/b`, with or without a slash behind it. */
function markerOf({ files, path }: Place): Place {
  const target = withoutSlash(path);
  const unnamed = ['', '.', '..'].includes(nameOf(target));
  return { files, path: unnamed ? inside(target, SUFFIX) : `${target}${SUFFIX}` };
}
