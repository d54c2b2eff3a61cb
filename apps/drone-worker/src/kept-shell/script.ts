/**
 * The program of a kept shell, for the `sh` of a drone without python3: dash, bash and busybox have
 * been tried. It needs nothing but `setsid`, and starts one process at a time.
 *
 * It is three shells in a row, since one that waits for a process can neither read nor look:
 * - the first reads what the worker says. It passes orders on, finds the process when it is asked
 *   for it, and ends it when it is told to, or when the worker is gone (the input ends);
 * - the second starts the processes. It is their parent and says how they ended, behind all that they
 *   have printed, and whether something that was left behind still holds the outputs;
 * - the third does the latter where the status may stand for a signal: it hears what the second
 *   prints, which is how a shell tells one from the other.
 *
 * What may hold the outputs was started since: its process id is one of those that the kernel gave out
 * meanwhile. Where these are many it is asked first whether anything was left behind at all: it would be,
 * or its ancestor would be, a new child of the process that orphans are given to.
 *
 * A process gets the outputs of the channel itself: nothing stands between. They are opened anew for
 * each, so that what it sets on them (O_NONBLOCK) is gone with it; that takes pipes, as SSH servers
 * give them. That SIGINT or SIGPIPE ended a process no shell says: it counts as exit 130 or 141.
 */
import { quote } from '../process/quote.js';
import { END_GROUP, type ProcessSpec, setUp } from '../process/start-order.js';

/** With more process ids than so many given out while a process ran, looking would take too long. */
const LOOK_AT = 300;

/** Up to so many are looked at without asking first whether anything was left behind. */
const LOOK_AT_ALL = 8;

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
echo "${nonce} begin" >&4
whose() {
  read -r me _ _ parent _ </proc/self/stat
  while [ "$parent" = "$1" ]; do read -r me _ _ parent _ </proc/self/stat; done
  read -r children <"/proc/$parent/task/$parent/children"
  case " $children " in *" $me "*) echo "$parent" ;; esac
} 2>/dev/null
reaper=$(
  read -r me _ </proc/self/stat
  whose "$me" &
)
look() {
  starter= third= group=
  read -r _ starter third _ <"/proc/$$/task/$$/children"
  [ -n "$third" ] || echo "${nonce} over" >&3
  read -r group _ <"/proc/$starter/task/$starter/children"
  [ -n "$group" ] && read -r line <"/proc/$group/stat" || return 0
  which=$1
  set -- ${'${line##*) }'}
  [ "$3" != "$group" ] || echo "${nonce} pid $group $which" >&3
} 2>/dev/null
end_call() {
  group=
  read -r _ starter _ <"/proc/$$/task/$$/children"
  read -r group _ <"/proc/$starter/task/$starter/children"
  [ -n "$group" ] || return 0
  kill -TERM "$group"
  ${END_GROUP('$group')}
} 2>/dev/null
become() {
  case $1 in
    */*) [ -e "$1" ] ;;
    *) command -v -- "$1" >/dev/null ;;
  esac || {
    printf "%s\n" "exec: $1: not found" >&2
    exit 127
  }
  exec "$apart" -- "$@"
}
go() {
  read -r now _ </proc/uptime
  if [ "${'${now%.*}${now#*.}'}" -ge "$1" ]; then
    echo "${nonce} late"
    return
  fi
  read -r _ _ _ _ from </proc/loadavg
  {
    (
      exec </dev/null >/proc/self/fd/3 2>/proc/self/fd/4 3>&- 4>&- 5>&-
      run
    )
    code=$?
  } 2>&5
  if [ "$code" -gt 128 ]; then echo "muster end $code $from" >&5; else say_end "$code" 0 "$from"; fi
}
say_end() {
  held=0
  held_since "$3" && held=1
  echo "${nonce} end $held" >&4
  echo "${nonce} end $1 $2 $held"
}
held_since() {
  read -r _ _ _ _ to </proc/loadavg
  [ "$to" -ge "$1" ] || return 0
  [ "$((to - $1))" -le ${String(LOOK_AT_ALL)} ] || adopted_since "$1" || return 1
  [ "$((to - $1))" -le ${String(LOOK_AT)} ] || return 0
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
adopted_since() {
  before= children=
  read -r children <"/proc/$reaper/task/$reaper/children"
  until [ "$children" = "$before" ]; do
    before=$children
    read -r children <"/proc/$reaper/task/$reaper/children"
  done
  [ -n "$children" ] || return 0
  for child in $children; do
    [ "$child" -gt "$1" ] && [ "$child" -le "$to" ] && return 0
  done
  return 1
} 2>/dev/null
{
  trap "" TERM HUP INT
  while IFS= read -r line; do
    case $line in
      end) end_call ;;
      "look "*) look "${'${line#look }'}" ;;
      *) printf "%s\n" "$line" ;;
    esac
  done
  end_call
} | {
  exec 5>&1 >&3
  read -r now _ </proc/uptime
  echo "${nonce} time $now"
  while IFS= read -r order; do
    case $order in
      time) read -r now _ </proc/uptime; echo "${nonce} time $now" ;;
      =*) eval "${'${order#=}'}" ;;
      *) eval "$(printf %b "$order")" ;;
    esac
  done
} 2>/dev/null | {
  trap "" TERM HUP INT
  spoken=0
  while IFS= read -r line; do
    case $line in
      "muster end "*)
        set -- $line
        say_end "$3" "$spoken" "$4"
        spoken=0
        ;;
      *) spoken=1 ;;
    esac
  done
  echo "${nonce} over"
}
`;
}

/** The order to start a process, if the drone has been up for less than `until` hundredths of a second. */
export function keptShellOrder(
  spec: ProcessSpec,
  workdir: string | undefined,
  until: number,
): string {
  const lines = [...setUp(spec, workdir), `become ${spec.argv.map(quote).join(' ')}`];
  return `run() { ${lines.join('; ')}; }; go ${String(until)}`;
}
