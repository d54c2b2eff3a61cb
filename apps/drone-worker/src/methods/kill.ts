import { killArgs, type KillArgs } from '@muster/protocol';
import { describeExit } from './exec.js';
import { CallFailedError, type Method } from './define-methods.js';

/**
 * $1 the grace in hundredths of a second, then the groups. Prints a line for each, `GROUP ENDED`.
 *
 * The process table alone says whether a group lives: signals reach zombies as well, and those run
 * nothing. It is read when a group seems to be gone, and from time to time for the zombies.
 * Busybox counts the POSIX form, `kill -s TERM -- -GROUP`, as failed.
 */
const SCRIPT = `
end=$1
shift
uptime() { read -r up _ </proc/uptime; up=\${up%.*}\${up#*.}; }
own_group() { read -r stat </proc/$$/stat; set -- \${stat##*) }; own=$3; }

# Those of the groups given that have a member which is no zombie, each with spaces around it. No
# name can pass for the numbers behind it: there are too many of them. Ours lives: a table that does
# not have it says nothing.
look() {
  any=$(IFS='|'; echo "$own|$*")
  alive=' '
  for found in $(
    LC_ALL=C grep -h -a -o -E "\\) [^ZX] -?[0-9]+ ($any)( -?[0-9]+){20,}\\$" /proc/[0-9]*/stat 2>/dev/null |
      while read -r _ _ _ group _; do echo "$group"; done
  ); do alive="$alive$found "; done
  lives "$own" || { echo "the process table cannot be read" >&2; exit 1; }
}
lives() { case $alive in *" $1 "*) return 0;; esac; return 1; }

# A process that lives, but leads no group: not what we were to end, and not gone either.
lives_alone() {
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  case \${stat##*) } in [ZX]*) return 1;; esac
}

# Says $1 of those that we wait for and that have ended.
settle() {
  look $waiting
  still=
  for pid in $waiting; do
    if lives "$pid"; then still="$still $pid"; else echo "$pid $1"; fi
  done
  waiting=$still
}

own_group
look "$@"
waiting= refused=
for pid do
  if ! lives "$pid"; then
    if lives_alone "$pid"; then echo "$pid unconfirmed"; else echo "$pid gone"; fi
  elif [ "$pid" = "$own" ]; then echo "$pid unconfirmed"
  elif kill -TERM "-$pid" 2>/dev/null; then waiting="$waiting $pid"
  else refused="$refused $pid"
  fi
done

uptime
end=$((up + end))
round=0
while [ -n "$waiting" ] && uptime && [ "$up" -lt "$end" ]; do
  sleep 0.05
  round=$((round + 1))
  seems_gone=
  for pid in $waiting; do kill -0 "-$pid" 2>/dev/null || seems_gone=1; done
  if [ -n "$seems_gone" ] || [ $((round % 10)) -eq 2 ]; then settle term; fi
done
[ -z "$waiting" ] || settle term

round=0
while [ -n "$waiting" ] && [ "$round" -lt 40 ]; do
  for pid in $waiting; do kill -KILL "-$pid" 2>/dev/null; done
  sleep 0.05
  settle kill
  round=$((round + 1))
done
for pid in $waiting; do echo "$pid unconfirmed"; done

# Who may not be signalled may also have ended just before.
if [ -n "$refused" ]; then
  look $refused
  for pid in $refused; do
    if lives "$pid"; then echo "$pid unconfirmed"; else echo "$pid gone"; fi
  done
fi
`;

const ENDINGS = ['term', 'kill', 'gone', 'unconfirmed'] as const;

/** How a process group ended. `gone`: it was not there; `unconfirmed`: it lives, or may. */
type GroupEnding = (typeof ENDINGS)[number];

/**
 * Ends whole process groups, all at once: TERM, KILL to what is left after the grace, then a look
 * whether they are gone (behaviour 30). Zombies count as gone.
 */
export const kill: Method<KillArgs> = {
  args: killArgs,
  effect: 'idempotent',
  async run({ transport }, { pids, graceMs }) {
    if (pids.length === 0) return [];
    const groups = [...new Set(pids)].map(String);
    const grace = String(Math.ceil(graceMs / 10));
    const argv = ['/bin/sh', '-c', SCRIPT, 'kill', grace, ...groups];
    const outcome = await transport.run({ argv, maxOutputBytes: 65_536 });
    if (outcome.exitCode !== 0) throw new CallFailedError(describeExit(outcome));
    const endings = new Map(outcome.stdout.split('\n').map((line) => split(line)));
    return pids.map((pid) => ({ pid, ended: endings.get(pid) ?? 'unconfirmed' }));
  },
};

function split(line: string): [number, GroupEnding | undefined] {
  const [pid, word] = line.split(' ');
  return [Number(pid), ENDINGS.find((ending) => ending === word)];
}
