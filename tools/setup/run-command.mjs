import { spawn } from 'node:child_process';
import { WORKSPACE_ROOT } from '../workspace-root.mjs';

/**
 * @typedef {object} CommandResult
 * @property {boolean} ok it ran and exited with 0
 * @property {string} output stdout and stderr, in the order they came
 */

/**
 * Runs a program at the root of the checkout, without a shell, and keeps its
 * output. Never rejects: a program that cannot be started is `ok: false`.
 * @param {readonly string[]} command the program and its arguments
 * @param {{ signal?: AbortSignal, env?: NodeJS.ProcessEnv }} [options] aborting ends the program with TERM
 * @returns {Promise<CommandResult>}
 */
export function runCommand(command, { signal, env = process.env } = {}) {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, {
      cwd: WORKSPACE_ROOT,
      env,
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', (error) => {
      output += `${error.message}\n`;
      if (child.pid === undefined) resolve({ ok: false, output });
    });
    child.on('close', (code) => {
      resolve({ ok: code === 0, output });
    });
  });
}
