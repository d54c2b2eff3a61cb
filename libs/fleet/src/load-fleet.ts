/** The fleet file from the disk. */
import { createReadStream } from 'node:fs';
import { InvalidInputError } from '@muster/protocol';
import type { Fleet } from './fleet.js';
import { parseFleet } from './parse-fleet.js';

/** What a fleet file may have, in bytes: 16 MiB. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads a fleet file, YAML or JSON in UTF-8, of at most 16 MiB and 1,000,000 drones.
 * `~` in its paths is `environment.HOME`; relative paths are relative to the file's folder.
 * @throws InvalidInputError `path: no such file` or the like if it cannot be read, else as `parseFleet`.
 */
export async function loadFleet(
  path: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Fleet> {
  const bytes = await readBounded(path);
  if (bytes.length > MAX_BYTES) throw new InvalidInputError(`${path}: larger than 16 MiB`);
  return parseFleet(decode(bytes, path), path, environment);
}

/** At most a byte too many, whatever the path leads to: a pipe has no size to look at first. */
async function readBounded(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { end: MAX_BYTES }))
      chunks.push(chunk as Buffer);
  } catch (error) {
    throw new InvalidInputError(`${path}: ${reason(error)}`, { cause: error });
  }
  return Buffer.concat(chunks);
}

const REASONS = new Map([
  ['ENOENT', 'no such file'],
  ['ENOTDIR', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'is a directory, expected a file'],
]);

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return REASONS.get(code) ?? `cannot be read (${code})`;
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InvalidInputError(`${path}: not text in UTF-8`, { cause: error });
  }
}
