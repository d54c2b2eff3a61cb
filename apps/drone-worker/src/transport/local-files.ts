/** The files of this machine: the worker's own, and those of a drone that it runs on. */
import { constants, type Stats } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  symlink,
  unlink,
  utimes,
  type FileHandle,
} from 'node:fs/promises';
import { getSystemErrorMap } from 'node:util';
import { FileError, PERMISSIONS, type FileEntry, type Files, type OpenFile } from './files.js';

export const localFiles: Files = {
  entry: async (path) => {
    try {
      return entryOf(await lstat(path));
    } catch (error) {
      if (isMissing(error)) return null;
      throw failure(path, error);
    }
  },
  list: (path) => at(path, readdir(path)),
  linkTarget: (path) => at(path, readlink(path)),
  makeLink: (target, path) => at(path, symlink(target, path)),
  makeDirectory: (path, mode) =>
    at(
      path,
      mkdir(path, { mode }).then(() => undefined),
    ),
  setAttributes: async (path, { mode, accessed, modified }) => {
    await at(path, chmod(path, mode));
    await at(path, utimes(path, accessed, modified));
  },
  rename: (from, to) => at(to, rename(from, to)),
  remove: (path) => at(path, unlink(path)),
  openToRead: async (path) => {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
    return openFile(path, await at(path, open(path, flags)));
  },
  create: async (path) => openFile(path, await at(path, open(path, 'wx', 0o600))),
};

function openFile(path: string, handle: FileHandle): OpenFile {
  return {
    read: async (buffer, position) =>
      (await at(path, handle.read(buffer, 0, buffer.length, position))).bytesRead,
    write: async (buffer, position) => {
      for (let done = 0; done < buffer.length;) {
        const left = buffer.length - done;
        done += (await at(path, handle.write(buffer, done, left, position + done))).bytesWritten;
      }
    },
    setAttributes: async ({ mode, accessed, modified }) => {
      await at(path, handle.chmod(mode));
      await at(path, handle.utimes(accessed, modified));
    },
    close: () => at(path, handle.close()),
  };
}

function entryOf(stats: Stats): FileEntry {
  const { mode, size, atimeMs, mtimeMs } = stats;
  return {
    kind: kindOf(stats),
    size,
    attributes: { mode: mode & PERMISSIONS, accessed: atimeMs / 1_000, modified: mtimeMs / 1_000 },
  };
}

function kindOf(stats: Stats): FileEntry['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

function at<T>(path: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw failure(path, error);
  });
}

function failure(path: string, error: unknown): FileError {
  const said = error instanceof Error ? error.message : String(error);
  return new FileError(path, systemMessage(error) ?? said);
}

/** `no such file or directory` and the like. */
function systemMessage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errno' in error)) return undefined;
  return getSystemErrorMap().get(Number(error.errno))?.[1];
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  );
}
