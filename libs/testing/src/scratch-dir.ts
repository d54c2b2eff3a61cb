import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScratchDir {
  readonly path: string;
  /** Writes a file there, with this mode, and gives its path. */
  write(name: string, content: string | Buffer, mode?: number): Promise<string>;
  remove(): Promise<void>;
}

/** A directory of a test's own, gone with it. */
export async function scratchDir(): Promise<ScratchDir> {
  const path = await mkdtemp(join(tmpdir(), 'muster-test-'));
  return {
    path,
    write: async (name, content, mode) => {
      const file = join(path, name);
      await writeFile(file, content, { mode });
      return file;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
