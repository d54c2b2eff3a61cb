import type { TableProcess } from '@muster/protocol';

/**
 * proc_pid_stat(5): the pid, the name in parentheses, the state, the parent, the group. A name may
 * hold anything, but too few characters to pass for the numbers behind it.
 */
const STAT = /^(\d+) \((.*?)\) [A-Za-z] (\d+) (\d+)(?: -?\d+){20,}\n?$/s;

/**
 * The processes of a table, whose `/proc/PID/stat` and `/proc/PID/cmdline` are in `files`, one
 * character a byte. Those that ended while they were read are left out.
 */
export function parseProcessTable(files: ReadonlyMap<string, string>): TableProcess[] {
  const processes: TableProcess[] = [];
  for (const [path, stat] of files) {
    const [, pid, command, ppid, pgid] = path.endsWith('/stat') ? (STAT.exec(stat) ?? []) : [];
    if (pid === undefined || command === undefined) continue;
    const args = files.get(`${pid}/cmdline`);
    if (args === undefined) continue;
    processes.push({
      pid: Number(pid),
      pgid: Number(pgid),
      ppid: Number(ppid),
      command: inUtf8(command),
      args: inUtf8(args.replace(/\0$/, '').replaceAll('\0', ' ')),
    });
  }
  return processes;
}

function inUtf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
