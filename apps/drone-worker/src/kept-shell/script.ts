/**
 * The program of a kept shell, for the `sh` of a drone without python3: dash, bash and busybox have
 * been tried. It needs nothing but `setsid`, and starts one process at a time.
 *
 * It is three shells in a row, since one that waits for a process can neither read nor look:
 * - the first reads what the worker says. It passes orders on, and ends the process when it is
 *   told to, or when the worker is gone (the input ends);
 * - the second starts the processes. It is their parent and says how they ended; what it prints
 *   itself, which is how a shell tells an exit status from a signal, goes to the third;
 * - the third looks, when a process has ended, whether something that it left behind still holds
 *   the outputs, and says so on both of them, behind all that the process has printed. What may
 *   hold them was started since: its process id is one of those that the kernel gave out meanwhile.
 *
 * A process gets the outputs of the channel itself: nothing stands between. They are opened anew for
 * each, so that what it sets on them (O_NONBLOCK) is gone with it; that takes pipes, as SSH servers
 * give them. That SIGINT or SIGPIPE ended a process no shell says: it counts as exit 130 or 141.
 */
import { quote } from '../process/quote.js';
import { END_GROUP, type ProcessSpec, setUp } from '../process/start-order.js';

/** With more process ids than so many given out while a process ran, looking would take too long. */
const LOOK_AT = 300;

/** `nonce` marks the words that are ours on both outputs. */
export function keptShellScript(nonce: string): string {
  return String.raw`
exec 3>&1 4>&2
apart=$(command -v setsid)
[ -n "$apart" ] && [ -r "/proc/$$/task/$$/children" ] &&
  [ -p /proc/self/fd/3 ] && [ -p /proc/self/fd/4 ] &&
  ( exec >/proc/self/fd/3 2>/proc/self/fd/4 ) 2>/dev/null || {
    echo "${nonce} none"
    exit 0
  }
look() {
  third=
  read -r _ _ third _ <"/proc/$$/task/$$/children"
  [ -n "$third" ] || echo "${nonce} over" >&3
}
end_call() {
  group=
  read -r _ starter _ <"/proc/$$/task/$$/children"
  read -r group _ <"/proc/$starter/task/$starter/children"
  [ -n "$group" ] || return 0
  kill -TERM "$group"
  ${END_GROUP('$group')}
} 2>/dev/null
go() {
  read -r now _ </proc/uptime
  if [ "${'${now%.*}${now#*.}'}" -ge "$1" ]; then
    echo "muster late"
    return
  fi
  read -r _ _ _ _ from </proc/loadavg
  (
    read -r me _ </proc/self/stat
    echo "${nonce} pid $me" >&3
    echo "${nonce} begin" >&4
    exec </dev/null >/proc/self/fd/3 2>/proc/self/fd/4 3>&- 4>&-
    run
  )
  echo "muster end $? $from"
}
held_since() {
  read -r _ _ _ _ to </proc/loadavg
  [ "$to" -ge "$1" ] && [ "$((to - $1))" -le ${String(LOOK_AT)} ] || return 0
  pid=$1
  while [ "$pid" -lt "$to" ]; do
    pid=$((pid + 1))
    [ -d "/proc/$pid" ] || continue
    if ! [ -r "/proc/$pid/fd" ]; then
      [ -d "/proc/$pid" ] && return 0
      continue
    fi
    for fd in "/proc/$pid/fd/"*; do
      [ "$fd" -ef /proc/self/fd/3 ] && return 0
      [ "$fd" -ef /proc/self/fd/4 ] && return 0
    done
  done
  return 1
}
{
  trap "" TERM HUP INT
  while IFS= read -r line; do
    case $line in
      end) end_call ;;
      look) look ;;
      *) printf "%s\n" "$line" ;;
    esac
  done
  end_call
} | {
  read -r now _ </proc/uptime
  echo "muster time $now"
  while IFS= read -r order; do
    case $order in
      time) read -r now _ </proc/uptime; echo "muster time $now" ;;
      =*) eval "${'${order#=}'}" ;;
      *) eval "$(printf %b "$order")" ;;
    esac
  done
} 2>&1 | {
  trap "" TERM HUP INT
  spoken=0
  while IFS= read -r line; do
    case $line in
      "muster end "*)
        set -- $line
        held=0
        held_since "$4" && held=1
        echo "${nonce} end $3 $spoken $held" >&3
        echo "${nonce} end" >&4
        spoken=0
        ;;
      "muster "*) echo "${nonce} ${'${line#muster }'}" >&3 ;;
      *) spoken=1 ;;
    esac
  done
  echo "${nonce} over" >&3
}
`;
}

/** The order to start a process, if the drone has been up for less than `until` hundredths of a second. */
export function keptShellOrder(
  spec: ProcessSpec,
  workdir: string | undefined,
  until: number,
): string {
  const [name = ''] = spec.argv;
  const isThere = name.includes('/')
    ? `[ -e ${quote(name)} ]`
    : `command -v -- ${quote(name)} >/dev/null`;
  const lines = [
    ...setUp(spec, workdir),
    `${isThere} || { printf %s\\\\n ${quote(`exec: ${name}: not found`)} >&2; exit 127; }`,
    `exec "$apart" -- ${spec.argv.map(quote).join(' ')}`,
  ];
  return `run() { ${lines.join('; ')}; }; go ${String(until)}`;
}
