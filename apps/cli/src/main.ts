/** Runs the command line and ends with an exit code of the contract. */
import { CommanderError, type Command } from 'commander';
import { mergeCallArguments } from './input/merge-call-arguments.js';
import { complain, tolerateClosedStreams } from './output/streams.js';
import { buildProgram } from './program.js';

const USAGE = 2;
/** What nobody foresaw counts as infrastructure. */
const INTERNAL = 3;

async function main(argv: readonly string[]): Promise<number> {
  tolerateClosedStreams();
  let code = 0;
  const program = buildProgram((given) => {
    code = given;
  });
  throwInsteadOfExit(program);
  try {
    await program.parseAsync(mergeCallArguments(argv), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    const { exitCodeOf } = await import('./exit-codes.js');
    const known = exitCodeOf(error);
    const text = error instanceof Error ? error : new Error(String(error));
    // A bug shows where it is; an expected error says what to do, in its message.
    await complain(
      `muster: ${known === undefined ? (text.stack ?? text.message) : text.message}\n`,
    );
    return known ?? INTERNAL;
  }
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}

// All that was started is stopped, and all that was printed is handed over: idle timers need not run out.
void main(process.argv.slice(2)).then((code) => process.exit(code));
