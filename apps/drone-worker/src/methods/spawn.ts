import { randomBytes } from 'node:crypto';
import { oneLine, spawnArgs, type SpawnArgs } from '@muster/protocol';
import { quote } from '../process/quote.js';
import { describeExit } from './exec.js';
import { CallFailedError, type Method } from './define-methods.js';
import { MAKE_PARENT, pathArgument } from './path-on-drone.js';

/**
 * What the process is before it becomes the command: $1 its PATH, then the command. Its log is 4,
 * its pidfile 5.
 */
const become = (nonce: string) =>
  `: ${nonce}; [ -z "$1" ] || export PATH="$1"; shift; echo "$$" >&5; exec "$@" >&4 2>&4 4>&- 5>&-`;

/**
 * $1 log, $2 pidfile, $3 working directory, $4 the command's PATH (nothing where one is not given),
 * $5 the banner's end, then the command. Prints `replaced PID` for a pidfile that was there, and `pid PID`.
 *
 * Whether the command could be executed is seen by the process: as long as its command line has the
 * nonce, it has not become the command. Ours has it too, since a fork looks like its parent. In the
 * middle of an exec a process has no command line for a moment; a command may also wipe out its own.
 * It is not read by the shell, which would take a byte at a time, each of another moment.
 */
const script = (nonce: string) => `: ${nonce}
${MAKE_PARENT}
log=$1 pid_file=$2 cwd=$3 path=$4 banner=$5
shift 5
case $pid_file in ''|/*) ;; *) pid_file=$(pwd)/$pid_file;; esac
if command -v setsid >/dev/null; then apart=setsid
else
  apart=
  set -m 2>/dev/null
  case $- in *m*) ;; *) echo "no setsid to start it apart with" >&2; exit 1;; esac
fi
make_parent "$log"
exec 4>>"$log"
if [ -n "$cwd" ]; then mkdir -p -- "$cwd" && cd -- "$cwd" || exit 1; fi
if [ -n "$pid_file" ]; then
  make_parent "$pid_file"
  if [ -e "$pid_file" ] || [ -L "$pid_file" ]; then
    old=
    [ ! -f "$pid_file" ] || read -r old <"$pid_file"
    rm -f -- "$pid_file" || exit 1
    printf 'replaced %s\\n' "$old"
  fi
fi
exec 5>"\${pid_file:-/dev/null}"
printf '%s %s %s\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$MUSTER_TICK" "$banner" >&4
$apart /bin/sh -c ${quote(become(nonce))} spawn "$path" "$@" </dev/null >/dev/null &
pid=$!
exec 4>&- 5>&-
ended() {
  read -r stat 2>/dev/null <"/proc/$pid/stat" || return 0
  case \${stat##*) } in [ZX]*) return 0;; esac
  return 1
}
bare=0
while :; do
  line=$(tr '\\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")
  case $line in
    *${nonce}*) ;;
    '') if ended || [ "$bare" -ge 50 ]; then break; fi; bare=$((bare + 1));;
    *) break;;
  esac
  sleep 0.02
done
if [ -z "$line" ] && ended; then
  why=
  wait "$pid"
  case $? in 126) why='cannot be executed';; 127) why='command not found';; esac
  if [ -n "$why" ]; then
    [ -z "$pid_file" ] || rm -f -- "$pid_file"
    printf '%s: %s\\n' "$1" "$why" >&2
    exit 1
  fi
fi
echo "pid $pid"
`;

/** Characters of the command that stand in the banner. */
const BANNER = 4_096;

/**
 * Starts a command that outlives its call, its worker and its connection, in a session of its own,
 * and gives its pid. It reads nothing; what it says goes behind a banner to its log (behaviour 31).
 * Paths are relative to the drone's `workdir`, as everywhere.
 */
export const spawn: Method<SpawnArgs> = {
  args: spawnArgs,
  effect: 'once',
  async run({ transport, warn }, { argv, cwd, logFile, pidFile, env = {} }) {
    // Its PATH is the command's alone: the script needs the drone's own tools.
    const { PATH = '', ...rest } = env;
    const places = [logFile ?? '/dev/null', pidFile, cwd].map((path) =>
      path === undefined ? '' : pathArgument(path),
    );
    const banner = oneLine(JSON.stringify(argv), BANNER);
    const nonce = `muster-${randomBytes(8).toString('hex')}`;
    const command = ['/bin/sh', '-c', script(nonce), 'spawn', ...places, PATH, banner, ...argv];
    const outcome = await transport.run({ argv: command, env: rest, maxOutputBytes: 4_096 });
    if (outcome.exitCode !== 0) throw new CallFailedError(describeExit(outcome));
    const [, old] = /^replaced (.*)$/m.exec(outcome.stdout) ?? [];
    if (old !== undefined)
      warn(`${String(pidFile)}: replaced${old === '' ? '' : `; it had ${oneLine(old, 100)}`}`);
    const [, pid] = /^pid (\d+)$/m.exec(outcome.stdout) ?? [];
    if (pid === undefined) throw new CallFailedError(describeExit(outcome));
    return { pid: Number(pid) };
  },
};
