import { isUtf8 } from 'node:buffer';
import { readArgs, type ReadArgs } from '@muster/protocol';
import { withoutCutCharacter } from '../process/output-capture.js';
import { describeExit } from './exec.js';
import { CallFailedError, type Method } from './define-methods.js';

/** $1 the path, $2 the bytes wanted. Prints the file's size (empty where it has none), a newline, and the bytes. */
const SCRIPT = `
if [ -d "$1" ]; then echo "$1: is a directory" >&2; exit 1; fi
exec 3<"$1" || exit 1
if [ -f "$1" ]; then wc -c <"$1"; else echo; fi
exec head -c "$2" <&3
`;

/** Room for the line with the size. */
const SIZE_LINE = 64;

/** Reads a file: as text where it is UTF-8, as base64 where it is not. */
export const read: Method<ReadArgs> = {
  args: readArgs,
  effect: 'read',
  async run({ transport }, { path, maxBytes }) {
    const argv = ['/bin/sh', '-c', SCRIPT, 'read', path, String(maxBytes)];
    const outcome = await transport.run({ argv, maxOutputBytes: maxBytes + SIZE_LINE });
    if (outcome.exitCode !== 0) throw new CallFailedError(describeExit(outcome));
    const said = outcome.stdoutBytes;
    const lineEnd = said.indexOf(0x0a);
    const bytes = said.subarray(lineEnd + 1);
    // What is no ordinary file (a pipe, most of /proc) has no size of its own.
    const size = Math.max(Number(said.toString('latin1', 0, lineEnd)), bytes.length);
    const whole = size > bytes.length ? withoutCutCharacter(bytes) : bytes;
    if (isUtf8(whole)) return { content: whole.toString('utf8'), encoding: 'utf8', size };
    return { content: bytes.toString('base64'), encoding: 'base64', size };
  },
};
