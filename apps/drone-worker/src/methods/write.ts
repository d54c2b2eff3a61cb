import { writeArgs, type WriteArgs } from '@muster/protocol';
import { describeExit } from './exec.js';
import { CallFailedError, type Method } from './define-methods.js';
import { MAKE_PARENT, pathArgument } from './path-on-drone.js';

/**
 * $1 the path, $2 `append` or `replace`, $3 the mode or nothing. The content is standard
 * input. A missing directory is made (behaviour 32). The mode is set before the content is
 * there, so that nobody reads what they shall not.
 */
const SCRIPT = `
${MAKE_PARENT}
make_parent "$1"
if [ -n "$3" ]; then : >>"$1" && chmod -- "$3" "$1" || exit 1; fi
if [ "$2" = append ]; then exec cat >>"$1"; fi
exec cat >"$1"
`;

/** Writes a file, or appends to it. */
export const write: Method<WriteArgs> = {
  args: writeArgs,
  effect: (args) => (args['append'] === true ? 'once' : 'idempotent'),
  async run({ transport }, { path, content, encoding, append, mode }) {
    const bytes = Buffer.from(content, encoding);
    const octal = typeof mode === 'number' ? mode.toString(8) : (mode ?? '');
    const how = append ? 'append' : 'replace';
    const argv = ['/bin/sh', '-c', SCRIPT, 'write', pathArgument(path), how, octal];
    const outcome = await transport.run({ argv, stdin: bytes, maxOutputBytes: 4_096 });
    if (outcome.exitCode !== 0) throw new CallFailedError(describeExit(outcome));
    return { bytes: bytes.length };
  },
};
