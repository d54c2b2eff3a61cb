/** The files of one machine: what a transfer needs of them, the same over every transport. */

export interface FileAttributes {
  /** Permission bits. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly accessed: number;
  /** Seconds since 1970. */
  readonly modified: number;
}

/** What stands at a path. */
export interface FileEntry {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Bytes. */
  readonly size: number;
  readonly attributes: FileAttributes;
}

export interface OpenFile {
  /** Reads some of what is at `position` (bytes) into `buffer`; gives how many bytes, 0 at the end. */
  read(buffer: Buffer, position: number): Promise<number>;
  /** Writes all of `buffer` at `position` (bytes). */
  write(buffer: Buffer, position: number): Promise<void>;
  setAttributes(attributes: FileAttributes): Promise<void>;
  close(): Promise<void>;
}

/** Everything rejects with a FileError, or with a SessionLostError where there is a session to lose. */
export interface Files {
  /** Null when nothing is there. A link is not followed, except by a slash behind its name. */
  entry(path: string): Promise<FileEntry | null>;
  /** The names in a directory, without `.` and `..`. */
  list(path: string): Promise<string[]>;
  linkTarget(path: string): Promise<string>;
  makeLink(target: string, path: string): Promise<void>;
  /** `mode` (permission bits) is subject to the umask. */
  makeDirectory(path: string, mode: number): Promise<void>;
  setAttributes(path: string, attributes: FileAttributes): Promise<void>;
  /** Takes the place of what is at `to`, unless that is a directory. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a link. */
  remove(path: string): Promise<void>;
  openToRead(path: string): Promise<OpenFile>;
  /** Makes a file that is not there yet, and that nobody else may read. */
  create(path: string): Promise<OpenFile>;
}

/** Why something could not be done with a path: `/x/y: permission denied`. */
export class FileError extends Error {
  override readonly name = 'FileError';

  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path}: ${reason}`);
  }
}

/** The permission bits of a mode as the system has it. */
export const PERMISSIONS = 0o7777;
