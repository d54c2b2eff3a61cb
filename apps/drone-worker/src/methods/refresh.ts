import { randomBytes } from 'node:crypto';
import { LIMITS, refreshArgs, type RefreshArgs, type RefreshResult } from '@muster/protocol';
import { describeExit } from './exec.js';
import { CallFailedError, type Method } from './define-methods.js';
import { parsePidFile } from './pid-file.js';
import { parseProcessTable } from './process-table.js';
import { shownFiles, spelling, spelled } from './shown-files.js';

/** Bytes read of each pidfile, and of what the table has of a process. */
const FILE_BYTES = 4_096;

/**
 * $1 a nonce, $2 how paths are spelt, then the pidfiles, spelt so. The nonce stands between the
 * three reads; behind a word, since the table has this script's own arguments. No process is
 * started for each process: head prints them all.
 */
const SCRIPT = `
nonce=$1 spelling=$2
shift 2
show_pid_files() {
  for file do
    shift
    if [ -f "$file" ] && [ -r "$file" ]; then set -- "$@" "$file"; fi
  done
  [ "$#" -eq 0 ] || head -v -c ${String(FILE_BYTES)} -- "$@"
}
show_pid_files "$@"
printf 'then %s' "$nonce"
(cd /proc && head -v -c ${String(FILE_BYTES)} -- "$spelling"[0-9]*/stat "$spelling"[0-9]*/cmdline)
printf 'then %s' "$nonce"
show_pid_files "$@"
exit 0
`;

/** How often the drone is asked for its process table (behaviour 28). */
const TRIES = 3;

/**
 * Pidfiles, the process table, and the pidfiles again: what ended or began between the reads shows
 * in one of them (behaviour 28). Without a process table the call fails: that nothing is known
 * must not look as if nothing ran (behaviour 47).
 */
export const refresh: Method<RefreshArgs> = {
  args: refreshArgs,
  effect: 'read',
  async run({ transport }, { pidFiles }) {
    const paths = [...new Set(pidFiles)];
    for (let tries = 1; ; tries += 1) {
      const nonce = randomBytes(16).toString('hex');
      const how = spelling(randomBytes(2));
      const files = paths.map((path) => spelled(path, how));
      const argv = ['/bin/sh', '-c', SCRIPT, 'refresh', nonce, how, ...files];
      const outcome = await transport.run({ argv, maxOutputBytes: LIMITS.maxOutputBytes });
      const [first, table, second] = outcome.stdoutBytes.toString('latin1').split(`then ${nonce}`);
      const processes = parseProcessTable(shownFiles(table ?? '', how));
      if (first !== undefined && second !== undefined && processes.length > 0) {
        return {
          pidFiles: read(first, paths, how),
          pidFilesSecondRead: read(second, paths, how),
          processes,
        } satisfies RefreshResult;
      }
      if (tries === TRIES)
        throw new CallFailedError(`the process table could not be read: ${describeExit(outcome)}`);
    }
  },
};

function read(shown: string, paths: readonly string[], how: string): RefreshResult['pidFiles'] {
  const contents = shownFiles(shown, how);
  return Object.fromEntries(
    paths.flatMap((path) => {
      const content = contents.get(Buffer.from(path).toString('latin1'));
      return content === undefined ? [] : [[path, parsePidFile(content)]];
    }),
  );
}
