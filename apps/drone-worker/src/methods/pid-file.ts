import type { PidFile } from '@muster/protocol';

const NOTHING = { pid: null, exitStatus: null, failedTests: null };

/** What a pidfile says (behaviour 29): a pid, then an exit status, then a count of failed tests, a line each. */
export function parsePidFile(content: string): PidFile {
  const lines = content.replace(/\r?\n$/, '').split('\n');
  if (content === '') return { ...NOTHING, state: 'empty' };
  const numbers = lines.map(integer);
  const [pid, exitStatus, failedTests] = numbers;
  if (lines.length > 3 || numbers.includes(undefined) || pid === undefined || pid < 1)
    return { ...NOTHING, state: 'invalid' };
  if (exitStatus === undefined) return { ...NOTHING, pid, state: 'started' };
  // Whoever writes it is at it: what there is of the second line may not be all of it.
  if (failedTests === undefined) return { ...NOTHING, pid, state: 'exit_pending' };
  return { pid, exitStatus, failedTests, state: 'exited' };
}

function integer(line: string): number | undefined {
  const value = /^\s*[+-]?\d+\s*$/.test(line) ? Number(line) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
