/** Who runs on this machine, read from /proc. */
import { readdir, readFile } from 'node:fs/promises';

export interface ListedProcess {
  readonly pid: number;
  /** Its command line, words apart by spaces. */
  readonly command: string;
}

/** The processes that have `text` in their command line or in their environment; zombies run nothing and do not count. */
export async function processesWith(text: string): Promise<ListedProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, environment] = await Promise.all([
        readOf(pid, 'cmdline'),
        readOf(pid, 'environ'),
      ]);
      if (!command.includes(text) && !environment.includes(text)) return [];
      return [{ pid, command: command.replaceAll('\0', ' ').trim() }];
    }),
  );
  return found.flat();
}

/** Kills them, but for this process itself. */
export async function killProcessesWith(text: string): Promise<void> {
  for (const { pid } of await processesWith(text)) {
    if (pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It has ended by itself meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Empty for a process that is gone, is not ours to look at, or is a zombie. */
function readOf(pid: number, file: 'cmdline' | 'environ'): Promise<string> {
  return readFile(`/proc/${String(pid)}/${file}`, 'utf8').catch(() => '');
}
