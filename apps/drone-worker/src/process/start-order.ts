/**
 * What a shell on a drone is told, and how.
 *
 * Every shell is started with the same constant text, BOOT; it reads its order from its
 * standard input. So nothing of a call is ever part of a command line: no login shell has
 * to quote it right, no process list shows it, and its size is not bounded by the server's.
 */
import { quote } from './quote.js';
import type { ToEnd } from './to-end.js';

/** What a shell says when it is there, in front of everything else of ours. */
export const READY = 'muster-ready';

/**
 * Notes the drone's own time (seconds since its boot), says that it is there, reads one line,
 * undoes `encodeOrder`, and does what it says. Holds nothing that a login shell could take
 * amiss: no single quote, no backslash, no exclamation mark, no newline.
 */
export const BOOT = `read -r opened _ </proc/uptime; echo ${READY}; IFS= read -r order && case $order in =*) eval "\${order#=}";; *) eval "$(printf %b "$order")";; esac`;

/**
 * The order as one line of printable ASCII: behind `=` as it is, which costs the drone nothing, or
 * else as `printf %b` of any POSIX shell undoes it.
 */
export function encodeOrder(script: string): string {
  if (/^[\x20-\x7e]*$/.test(script)) return `=${script}\n`;
  let line = '';
  for (const byte of Buffer.from(script)) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    line += plain ? String.fromCharCode(byte) : `\\0${byte.toString(8).padStart(3, '0')}`;
  }
  return `${line}\n`;
}

/** A process to run on a drone. */
export interface ProcessSpec {
  readonly argv: readonly string[];
  /** Relative to the drone's `workdir`. */
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Nothing to read when left out. */
  readonly stdin?: string | Buffer | undefined;
  /** Bytes kept of each of stdout and stderr; the rest is dropped and the result marked. */
  readonly maxOutputBytes: number;
}

/** What a shell says in place of its process id when the order came too late. */
export const TOO_LATE = 'late';

/** On what terms an order is given. */
export interface OrderTerms {
  /** The drone's `workdir`. */
  readonly workdir: string | undefined;
  /**
   * How old the order may be when it reaches its shell, in milliseconds by the drone's clock,
   * counted from when the shell was there. The lease is confirmed after that and lasts longer: so
   * a worker that froze with an order in its hands cannot start what another has taken over.
   */
  readonly validMs: number;
  /** Marks where the process' own output begins. */
  readonly nonce: string;
}

/** How long a process may take between TERM and KILL, in milliseconds. */
export const TERM_GRACE_MS = 600;

/**
 * The script that becomes the process. It is the leader of its own process group, so its
 * id is the group's. `nonce` marks on both streams where the process' own output begins:
 * what a login shell's files print before that is dropped.
 *
 * Beside the process stands a watcher, which ends the group when the worker is gone: it
 * waits for the end of standard input or, where the process itself reads that, looks whether
 * the parent still lives. If the process has ended by then, nothing is ended: what it left
 * behind is there on purpose. (sshd ends the input when the process ends; so do we.) The
 * watcher is no child of the process, which may wait for all of its children.
 */
export function startOrder(spec: ProcessSpec, { workdir, validMs, nonce }: OrderTerms): string {
  const readsInput = spec.stdin !== undefined;
  const watch = readsInput
    ? 'while [ -d "/proc/$PPID" ] && [ -d "/proc/$$" ]; do sleep 1; done'
    : 'read -r _ <&3';
  const lines = [
    `read -r now _ </proc/uptime; [ "$(( \${now%.*}\${now#*.} - \${opened%.*}\${opened#*.} ))" -lt ${String(Math.floor(validMs / 10))} ] || { echo ${nonce}:${TOO_LATE}; exit 0; }`,
    ...(readsInput ? [] : ['exec 3<&0 </dev/null']),
    `watcher=$( ( trap "" TERM HUP INT; exec >/dev/null 2>&1${readsInput ? ' </dev/null' : ''}; ${watch}; [ -d "/proc/$$" ] || exit 0; ${END_GROUP('$$')} ) & echo $! )`,
    ...(readsInput ? [] : ['exec 3<&-']),
    `printf '%s:%s %s\\n' ${nonce} "$$" "$watcher"; printf '%s:\\n' ${nonce} >&2`,
    ...setUp(spec, workdir),
    `exec ${spec.argv.map(quote).join(' ')}`,
  ];
  return lines.join('; ');
}

/** What a process' own shell does before it becomes the process. */
export function setUp({ env = {}, cwd }: ProcessSpec, workdir: string | undefined): string[] {
  const places = [workdir, cwd].filter((dir) => dir !== undefined);
  const variables = Object.entries(env);
  return [
    ...variables.map(([name, value]) => `export ${name}=${quote(value)}`),
    ...places.map(changeDirectory),
  ];
}

/** `-` alone would mean the directory before, and CDPATH could lead elsewhere. */
function changeDirectory(dir: string): string {
  return `CDPATH= cd -- ${quote(dir === '-' ? './-' : dir)} || exit 1`;
}

/**
 * TERM to a group, then KILL to what is left of it after the grace. Busybox counts the POSIX form,
 * `kill -s TERM -- -GROUP`, as failed.
 */
export const END_GROUP = (group: string) =>
  `kill -TERM "-${group}"; i=0; while kill -0 "-${group}" && [ "$i" -lt ${String(TERM_GRACE_MS / 50)} ]; do sleep 0.05; i=$((i+1)); done; kill -KILL "-${group}"`;

/**
 * The script that ends a process group, and whatever else carries a mark that begins with
 * `mark`, from a second shell: TERM, a grace, KILL, then a look at what is left. The watcher in
 * the group ignores TERM, and goes with KILL: it is not waited for. Without a group it goes by the
 * mark alone. It prints `<nonce>:gone` or `<nonce>:alive`, and behind that whether there was
 * anything to end, 1 or 0. Zombies count as gone: they run nothing.
 */
export function endOrder({ group, watcher, mark, graceMs }: ToEnd, nonce: string): string {
  return `
group=${String(group ?? '')}
watcher=${String(watcher ?? '')}
mark=${quote(`MUSTER_MARK=${mark}`)}
marked() {
  grep -l -a -F -- "$mark" /proc/[0-9]*/environ 2>/dev/null | while IFS=/ read -r _ _ pid _; do
    running "/proc/$pid/stat" && echo "$pid"
  done
}
running() {
  read -r line <"$1" 2>/dev/null || return 1
  set -- \${line##*) }
  [ "$1" != Z ] && [ "$1" != X ] && group_of=$3 parent=$2
}
watches() {
  [ -n "$watcher" ] && { [ "$stat" = "/proc/$watcher/stat" ] || [ "$parent" = "$watcher" ]; }
}
group_lives() {
  [ -n "$group" ] && kill -0 "-$group" 2>/dev/null || return 1
  for stat in /proc/[0-9]*/stat; do
    running "$stat" && [ "$group_of" = "$group" ] && ! watches && return 0
  done
  return 1
}
found=0
if [ -n "$group" ] && kill -TERM "-$group" 2>/dev/null; then found=1; fi
i=0
while group_lives && [ "$i" -lt ${String(Math.ceil(graceMs / 50))} ]; do sleep 0.05; i=$((i+1)); done
[ -z "$group" ] || kill -KILL "-$group" 2>/dev/null
i=0
how=TERM
while left=$(marked); group_lives || [ -n "$left" ]; do
  found=1
  if [ "$i" -ge 8 ]; then echo "${nonce}:alive 1"; exit 0; fi
  for pid in $left; do kill -s "$how" "$pid" 2>/dev/null; done
  how=KILL
  sleep 0.05
  i=$((i+1))
done
echo "${nonce}:gone $found"
`;
}
