/** The transport to a drone that is this machine: for `local` drones, and for `agent` drones from their own worker. */
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { localFiles } from './local-files.js';
import { ProcessStarters } from '../process/process-starters.js';
import { SessionLostError, type Shell, type ShellExit } from './shell.js';
import type { Connected, Session, Transport } from './transport.js';

/** How long python3 may take to start, milliseconds. */
const KEEPER_MS = 5_000;

/** All drones that are this machine share a keeper. */
export class LocalTransport implements Transport {
  readonly #starters: ProcessStarters;
  readonly #session: Session;

  /** `onFallback` is told why there is no keeper any more. */
  constructor(onFallback: (why: string) => void = () => undefined) {
    const starters = new ProcessStarters({ openShell, keeperMs: KEEPER_MS, onFallback });
    this.#starters = starters;
    this.#session = {
      sharesClock: true,
      openShell,
      starter: (signal, hasInput) => starters.get(signal, hasInput),
      startedKeeper: () => starters.keeper,
      openFiles: () => Promise.resolve({ files: localFiles, close: () => undefined }),
      another: () => Promise.resolve(null),
      release: () => undefined,
    };
  }

  isAtHand(): boolean {
    return true;
  }

  connect(): Promise<Connected> {
    return Promise.resolve({ ok: true, session: this.#session });
  }

  close(): void {
    this.#starters.close();
  }
}

/**
 * Node closes the standard input of a child that has exited; its watcher would take that for
 * the end of this worker. So the input comes through a pipe that is ours to close.
 */
const INPUT_FROM_3 = 'exec <&3 3<&-; ';

function openShell(script: string, signal: AbortSignal): Promise<Shell> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new SessionLostError('ended before it began'));
      return;
    }
    const child = spawn('/bin/sh', ['-c', INPUT_FROM_3 + script], {
      env: environment(),
      // The leader of a session, and so of a process group, of its own.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const exited = new Promise<ShellExit>((settle, fail) => {
      child.once('exit', (exitCode, ended) => {
        settle({ exitCode, signal: ended });
      });
      child.once('error', (error) => {
        fail(new SessionLostError(error.message));
      });
    });
    exited.catch(() => undefined);
    child.once('error', (error) => {
      reject(new SessionLostError(`could not start /bin/sh: ${error.message}`));
    });
    child.once('spawn', () => {
      const [, stdout, stderr, stdin] = child.stdio as unknown as [
        null,
        Readable,
        Readable,
        Writable,
      ];
      const close = () => {
        stdin.destroy();
        stdout.destroy();
        stderr.destroy();
      };
      resolve({ stdin, stdout, stderr, exited, close });
    });
  });
}

/**
 * The worker's own environment, without what speaks of Muster itself: a Redis URL or the headers for a
 * collector may hold a secret, and no program of a drone is the service that the worker is.
 */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:MUSTER|OTEL)_/.test(name)),
  );
}
