/** The files of a drone, through SFTP (version 3, with OpenSSH's rename) on a channel of its own. */
import {
  FileError,
  PERMISSIONS,
  type FileAttributes,
  type FileEntry,
  type Files,
  type OpenFile,
} from '../files.js';
import { SessionLostError } from '../shell.js';
import type { SFTPWrapper, Stats } from 'ssh2';
import type { SshConnection } from './connection.js';

/** Status codes of SFTP, draft-ietf-secsh-filexfer-02 section 7. */
const NO_SUCH_FILE = 2;
const REASONS = new Map([
  [NO_SUCH_FILE, 'no such file or directory'],
  [3, 'permission denied'],
  [4, 'refused without a reason (no space left, or something in the way)'],
  [5, 'not a valid name'],
  [8, 'not supported by the SSH server'],
]);

type Done<T> = (error?: Error | null, value?: T) => void;

export class SftpFiles implements Files {
  readonly #fails = new Set<(error: Error) => void>();
  readonly #stopListening: () => void;
  #lost: SessionLostError | null = null;

  constructor(
    connection: SshConnection,
    private readonly sftp: SFTPWrapper,
  ) {
    const lose = (error: SessionLostError) => {
      this.#lose(error);
    };
    this.#stopListening = connection.onLoss(lose);
    const ended = new SessionLostError(`the SFTP server at ${connection.where} ended`);
    sftp.on('error', () => {
      lose(ended);
    });
    sftp.on('close', () => {
      lose(ended);
      // ssh2 does not answer a server that closes first, and so keeps its channel taken.
      sftp.end();
    });
  }

  async entry(path: string): Promise<FileEntry | null> {
    return this.#ask<FileEntry | null>(path, (done) => {
      this.sftp.lstat(path, (error, stats) => {
        if (error === undefined) done(null, entryOf(stats));
        else if (statusOf(error) === NO_SUCH_FILE) done(null, null);
        else done(error);
      });
    });
  }

  async list(path: string): Promise<string[]> {
    const entries = await this.#ask<{ filename: string }[]>(path, (done) => {
      this.sftp.readdir(path, done);
    });
    const names = entries.map(({ filename }) => filename);
    // A name that leads elsewhere is none that a file system has.
    const odd = names.find((name) => name === '' || name.includes('/'));
    if (odd !== undefined) throw new FileError(path, `has an impossible name: ${odd}`);
    return names.filter((name) => name !== '.' && name !== '..');
  }

  linkTarget(path: string): Promise<string> {
    return this.#ask(path, (done) => {
      this.sftp.readlink(path, done);
    });
  }

  makeLink(target: string, path: string): Promise<void> {
    return this.#ask(path, (done) => {
      this.sftp.symlink(target, path, done);
    });
  }

  makeDirectory(path: string, mode: number): Promise<void> {
    return this.#ask(path, (done) => {
      this.sftp.mkdir(path, { mode }, done);
    });
  }

  setAttributes(path: string, attributes: FileAttributes): Promise<void> {
    return this.#ask(path, (done) => {
      this.sftp.setstat(path, inSftp(attributes), done);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#ask(to, (done) => {
      try {
        this.sftp.ext_openssh_rename(from, to, done);
      } catch {
        // Not OpenSSH's: its rename takes no other file's place.
        this.sftp.unlink(to, () => {
          this.sftp.rename(from, to, done);
        });
      }
    });
  }

  remove(path: string): Promise<void> {
    return this.#ask(path, (done) => {
      this.sftp.unlink(path, done);
    });
  }

  async openToRead(path: string): Promise<OpenFile> {
    const handle = await this.#ask<Buffer>(path, (done) => {
      this.sftp.open(path, 'r', done);
    });
    return this.#openFile(path, handle);
  }

  async create(path: string): Promise<OpenFile> {
    const handle = await this.#ask<Buffer>(path, (done) => {
      this.sftp.open(path, 'wx', 0o600, done);
    });
    return this.#openFile(path, handle);
  }

  close(): void {
    this.#lose(new SessionLostError('the files were given back'));
    this.sftp.end();
  }

  #openFile(path: string, handle: Buffer): OpenFile {
    return {
      read: (buffer, position) =>
        this.#ask(path, (done) => {
          this.sftp.read(handle, buffer, 0, buffer.length, position, done);
        }),
      write: (buffer, position) =>
        this.#ask(path, (done) => {
          this.sftp.write(handle, buffer, 0, buffer.length, position, done);
        }),
      setAttributes: (attributes) =>
        this.#ask(path, (done) => {
          this.sftp.fsetstat(handle, inSftp(attributes), done);
        }),
      close: () =>
        this.#ask(path, (done) => {
          this.sftp.close(handle, done);
        }),
    };
  }

  /** What is asked of a channel that is closed gets no answer from ssh2, so it is not asked. */
  #ask<T>(path: string, request: (done: Done<T>) => void): Promise<T> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#fails.add(reject);
      const done: Done<T> = (error, value) => {
        if (!this.#fails.delete(reject)) return;
        if (error instanceof Error) reject(failure(path, error));
        else resolve(value as T);
      };
      try {
        request(done);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  #lose(error: SessionLostError): void {
    if (this.#lost !== null) return;
    this.#lost = error;
    this.#stopListening();
    for (const fail of this.#fails) fail(error);
    this.#fails.clear();
  }
}

/** What ssh2 says without a status code is that nothing more will come. */
function failure(path: string, error: Error): Error {
  const status = statusOf(error);
  if (status === null) return new SessionLostError(`no answer from SFTP: ${error.message}`);
  return new FileError(path, REASONS.get(status) ?? `refused (SFTP status ${String(status)})`);
}

function statusOf(error: Error): number | null {
  return 'code' in error && typeof error.code === 'number' ? error.code : null;
}

function entryOf(stats: Stats): FileEntry {
  const { mode, size, atime, mtime } = stats;
  return {
    kind: kindOf(stats),
    size,
    attributes: { mode: mode & PERMISSIONS, accessed: atime, modified: mtime },
  };
}

function kindOf(stats: Stats): FileEntry['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'other';
}

/** SFTP's times are whole seconds. */
function inSftp({ mode, accessed, modified }: FileAttributes) {
  return { mode, atime: Math.floor(accessed), mtime: Math.floor(modified) };
}
