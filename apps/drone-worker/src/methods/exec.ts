import { execArgs, oneLine, type ExecArgs } from '@muster/protocol';
import { CallFailedError, type Method, type ProcessOutcome } from './define-methods.js';

/** Runs a command and gives its exit and what it printed. */
export const exec: Method<ExecArgs> = {
  args: execArgs,
  effect: 'once',
  async run({ transport }, { argv, shell, cwd, env, stdin, check, maxOutputBytes }) {
    const command = argv ?? ['/bin/sh', '-c', shell ?? ''];
    const outcome = await transport.run({ argv: command, cwd, env, stdin, maxOutputBytes });
    const { exitCode, signal, stdout, stderr, truncated } = outcome;
    if (check && exitCode !== 0) throw new CallFailedError(describeExit(outcome));
    return { exitCode, signal, stdout, stderr, truncated };
  },
};

/** `exit 1: No space left on device`: the exit, and the last line that the process had to say. */
export function describeExit({ exitCode, signal, stdout, stderr }: ProcessOutcome): string {
  const how = signal === null ? `exit ${String(exitCode)}` : `ended by ${signal}`;
  const said = lastLine(stderr) ?? lastLine(stdout);
  return said === undefined ? how : `${how}: ${said}`;
}

function lastLine(text: string): string | undefined {
  const lines = text.trimEnd().split('\n');
  const line = oneLine(lines.at(-1) ?? '');
  return line === '' ? undefined : line;
}
