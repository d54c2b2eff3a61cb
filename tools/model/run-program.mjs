import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';

/** Searches take both cores for a while: everything else on the machine goes first. */
const NICE = 10;

/**
 * Runs a program, without a shell, to its end.
 * @param {readonly string[]} command the program and its arguments
 * @param {object} options
 * @param {string} options.folder where it runs
 * @param {AbortSignal} options.signal ends it
 * @param {(line: string) => void} options.onLine each line of its stdout and stderr
 * @returns {Promise<number | null>} its exit code, or null when a signal ended it; rejects when it cannot be started
 */
export function runProgram([program = '', ...args], { folder, signal, onLine }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) setPriority(child.pid, NICE);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', onLine);
    }
    child.on('error', (error) => {
      if (!signal.aborted) reject(error);
    });
    child.on('close', resolve);
  });
}
