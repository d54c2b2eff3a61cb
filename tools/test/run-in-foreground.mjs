import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { WORKSPACE_ROOT } from '../workspace-root.mjs';

/**
 * Runs a program with our own stdin, stdout and stderr.
 * @param {readonly string[]} command the program and its arguments
 * @returns {Promise<number>} its exit code; 128 + n if signal n ended it
 */
export function runInForeground(command) {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: WORKSPACE_ROOT, stdio: 'inherit' });
    // A terminal sends Ctrl-C to the child as well; everything else is for us to pass on.
    const forwarded = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];
    /** @param {NodeJS.Signals} name */
    const forward = (name) => {
      if (forwarded.includes(name)) child.kill(name);
    };
    /** @type {NodeJS.Signals[]} */
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const name of names) process.on(name, forward);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of names) process.off(name, forward);
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}
