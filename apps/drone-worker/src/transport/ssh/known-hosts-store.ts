/** The known_hosts files on disk: read once per version, appended to safely. */
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseKnownHosts, type KnownHostsFile } from './known-hosts.js';
import { systemErrorReason } from './system-error.js';

export interface LoadedKnownHosts {
  readonly files: readonly KnownHostsFile[];
  /** One line per file that is there and could not be read. */
  readonly problems: readonly string[];
}

interface Cached {
  readonly version: string;
  /** A promise, for many connections that begin at the same time ask for the same file. */
  readonly parsed: Promise<KnownHostsFile>;
}

const EMPTY: KnownHostsFile = { named: new Map(), patterned: [] };

export class KnownHostsStore {
  readonly #cache = new Map<string, Cached>();
  #writing: Promise<unknown> = Promise.resolve();

  /** A file that is missing counts as empty, as with OpenSSH. */
  async load(paths: readonly string[]): Promise<LoadedKnownHosts> {
    const problems: string[] = [];
    const files = await Promise.all(
      paths.map((path) =>
        this.#read(path).catch((error: unknown) => {
          const reason = systemErrorReason(error);
          if (reason !== 'no such file') problems.push(`${path}: ${reason}`);
          return EMPTY;
        }),
      ),
    );
    return { files, problems };
  }

  /**
   * Appends a line unless `stillWanted` says, after all earlier appends, that it is no longer
   * needed. Directories are created with mode 0700, the file with 0600; the line goes out in
   * one write, so that other processes appending at the same time cannot tear it.
   * Rejects with the system's error when it cannot be written.
   */
  append(path: string, line: string, stillWanted: () => Promise<boolean>): Promise<void> {
    const turn = this.#writing.then(async () => {
      if (await stillWanted()) await appendLine(path, line);
    });
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #read(path: string): Promise<KnownHostsFile> {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    const version = [ino, size, mtimeNs, ctimeNs].join();
    const cached = this.#cache.get(path);
    if (cached?.version === version) return cached.parsed;
    const parsed = readFile(path, 'utf8').then((text) => parseKnownHosts(text, path));
    this.#cache.set(path, { version, parsed });
    parsed.catch(() => {
      if (this.#cache.get(path)?.parsed === parsed) this.#cache.delete(path);
    });
    return parsed;
  }
}

async function appendLine(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const separator = size > 0 && last.toString() !== '\n' ? '\n' : '';
    await file.appendFile(`${separator}${line}\n`);
  } finally {
    await file.close();
  }
}
