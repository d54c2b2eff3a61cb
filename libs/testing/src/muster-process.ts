/** The `muster` command as its users run it: a process of its own, with its streams and its exit code. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MUSTER = fileURLToPath(new URL('../../../apps/cli/bin/muster.js', import.meta.url));

export interface MusterOptions {
  readonly cwd?: string;
  /** Added to an environment without any of Muster's variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export interface MusterResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end. */
export async function muster(
  args: readonly string[],
  options: MusterOptions = {},
): Promise<MusterResult> {
  return startMuster(args, options).ended;
}

export interface MusterProcess {
  readonly pid: number;
  /** Resolves with the process' exit and all that it printed. */
  readonly ended: Promise<MusterResult>;
  /** Resolves with the parsed line once it logs a line with this `msg`; rejects when it ends first. */
  logged(message: string): Promise<Record<string, unknown>>;
  /** Resolves once this text is in what it printed on stdout. */
  printed(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export function startMuster(
  args: readonly string[],
  { cwd, env = {}, stdin }: MusterOptions = {},
): MusterProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MUSTER_'));
  const child = spawn(process.execPath, [MUSTER, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), NO_COLOR: '', ...env },
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin ?? '');
  const said = collect(child);
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: said.stdout,
    stderr: said.stderr,
  }));
  const untilSaid = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        said.listeners.delete(look);
        resolve(found);
      };
      said.listeners.add(look);
      look();
      void ended.then(({ code, stderr }) => {
        reject(
          new Error(
            `muster ${args.join(' ')} ended with ${String(code)} before that was seen:\n${stderr}`,
          ),
        );
      });
    });
  return {
    pid: child.pid ?? -1,
    ended,
    logged: (message) => untilSaid(() => logLine(said.stderr, message)),
    printed: async (text) => {
      await untilSaid(() => (said.stdout.includes(text) ? true : undefined));
    },
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

function collect(child: ChildProcessWithoutNullStreams): {
  stdout: string;
  stderr: string;
  readonly listeners: Set<() => void>;
} {
  const said = { stdout: '', stderr: '', listeners: new Set<() => void>() };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const listener of said.listeners) listener();
    });
  }
  return said;
}

function logLine(stderr: string, message: string): Record<string, unknown> | undefined {
  for (const line of stderr.split('\n')) {
    if (!line.includes(message) || !line.startsWith('{')) continue;
    try {
      const entry = JSON.parse(line) as Record<string, unknown>;
      if (entry['msg'] === message) return entry;
    } catch {
      // Half a line; the rest is still to come.
    }
  }
  return undefined;
}
