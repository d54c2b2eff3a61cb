import { copyArgs, type CopyArgs } from '@muster/protocol';
import { describeExit } from './exec.js';
import { CallFailedError, type Method } from './define-methods.js';
import { MAKE_PARENT, pathArgument } from './path-on-drone.js';

/**
 * $1 from, $2 to. A directory's copy is called `to` also where that is there already: by cp's own
 * habit of then copying into it, a second run would end elsewhere than the first.
 */
const SCRIPT = `
${MAKE_PARENT}
from=$1 to=$2
fail() { printf '%s\\n' "$1" >&2; exit 1; }
copy() { cp -R -P -p -f -- "$1" "$2" || exit 1; }
plain=\${from%/}
[ -e "$plain" ] || [ -L "$plain" ] || fail "$from: no such file or directory"
case $from in */) [ -d "$from" ] || fail "$from: is not a directory";; esac
[ ! "$from" -ef "$to" ] || exit 0
make_parent "$to"

if [ ! -d "$from" ] || { [ -L "$from" ] && [ "$from" = "$plain" ]; }; then
  if [ -L "$from" ] && [ -L "$to" ]; then rm -f -- "$to" || exit 1; fi
  if [ -d "$to" ]; then
    to=\${to%/}/\${from##*/}
    [ ! "$from" -ef "$to" ] || exit 0
    [ ! -d "$to" ] || fail "$to: is a directory"
  fi
  copy "$from" "$to"
  exit 0
fi

[ -d "$to" ] || [ ! -e "$to" ] || fail "$to: is not a directory"
source=$(cd -P -- "$from" && pwd) && target=$(cd -P -- "\${to%/*}/" && pwd) || exit 1
case $target/ in "$source"/*) fail "$to: lies in $from";; esac
[ -d "$to" ] || mkdir -- "$to" || exit 1
case $from in
*/)
  for entry in "$from"* "$from".[!.]* "$from"..?*; do
    if [ -e "$entry" ] || [ -L "$entry" ]; then copy "$entry" "$to/"; fi
  done;;
*) copy "$from/." "$to";;
esac
`;

/**
 * Copies on the drone; `to` is what the copy is called, and a single file may go into a directory
 * that is there. Modes, times and symbolic links are kept; a slash at the end of `from` means the
 * directory's contents; onto itself it is a no-op (behaviour 33).
 */
export const copy: Method<CopyArgs> = {
  args: copyArgs,
  effect: 'idempotent',
  async run({ transport }, { from, to }) {
    const argv = ['/bin/sh', '-c', SCRIPT, 'copy', pathArgument(from), pathArgument(to)];
    const outcome = await transport.run({ argv, maxOutputBytes: 4_096 });
    if (outcome.exitCode !== 0) throw new CallFailedError(describeExit(outcome));
    return {};
  },
};
