/** Runs one process on a drone: the same way over every transport. */
import { randomBytes } from 'node:crypto';
import { oneLine } from '@muster/protocol';
import { within } from '@muster/runtime';
import {
  SessionLostError,
  type Session,
  type Shell,
  type ShellExit,
} from '../transport/transport.js';
import { AfterMarker } from './after-marker.js';
import { endProcess } from './end-process.js';
import { LastOutput } from './last-output.js';
import { OutputCapture } from './output-capture.js';
import {
  BOOT,
  encodeOrder,
  READY,
  startOrder,
  TERM_GRACE_MS,
  TOO_LATE,
  type OrderTerms,
  type ProcessSpec,
} from './start-order.js';

export interface ProcessResult extends ShellExit {
  readonly stdout: OutputCapture;
  readonly stderr: OutputCapture;
}

export interface ProcessPlace {
  /** What stands in MUSTER_MARK: by it the call's processes are found. */
  readonly mark: string;
  /** Where it starts; the shell's own directory when undefined. */
  readonly workdir?: string | undefined;
  /**
   * Asked when the shell is there: may the process still start, and for how many milliseconds is
   * that so? Throws when not.
   */
  readonly confirm: () => Promise<number>;
}

/** The drone refused an order that was too old: whoever sent it had been away. */
export class OrderTooOldError extends Error {
  override readonly name = 'OrderTooOldError';
}

/** Raised when `signal` had the process ended before it finished by itself. */
export class ProcessEndedError extends Error {
  override readonly name = 'ProcessEndedError';

  constructor(readonly ended: 'confirmed' | 'unconfirmed') {
    super(`the process was ended (${ended})`);
  }
}

/** The session was lost while the process may have been running, which was ended another way. */
export class ProcessLostError extends Error {
  override readonly name = 'ProcessLostError';

  constructor(
    message: string,
    readonly ended: 'confirmed' | 'unconfirmed',
  ) {
    super(message);
  }
}

/** Milliseconds in which a shell that was told nothing ends, once its input has ended. */
const UNTOLD_MS = 500;

/**
 * Runs `spec` and gives its exit and output. When `signal` is aborted, its process group
 * is ended: TERM, a grace, KILL, and proof through a second shell.
 * @throws ProcessEndedError after that, SessionLostError when the drone is lost before it was
 *   ordered, ProcessLostError when that happens later, OrderTooOldError.
 */
export async function runProcess(
  session: Session,
  spec: ProcessSpec,
  place: ProcessPlace,
  signal: AbortSignal,
): Promise<ProcessResult> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryProcess(session, spec, place, signal);
    } catch (error) {
      // Nothing has begun. If Redis was slow to confirm, the next order is in time; if the batch
      // is not ours any more, the next question says so.
      if (!(error instanceof OrderTooOldError) || tries === TRIES || signal.aborted) throw error;
    }
  }
}

/** How often an order may be given that the drone finds too old. */
const TRIES = 3;

async function tryProcess(
  session: Session,
  spec: ProcessSpec,
  { mark, workdir, confirm }: ProcessPlace,
  signal: AbortSignal,
): Promise<ProcessResult> {
  if (signal.aborted) throw new ProcessEndedError('confirmed');
  const shell = await session.openShell(BOOT, signal);
  const nonce = randomBytes(8).toString('hex');
  const stdout = new OutputCapture(spec.maxOutputBytes);
  const stderr = new OutputCapture(spec.maxOutputBytes);
  const begun = new Begun();
  const out = new AfterMarker(`${nonce}:`, begun.say, (chunk) => {
    stdout.push(chunk);
  });
  const err = new AfterMarker(
    `${nonce}:`,
    () => undefined,
    (chunk) => {
      stderr.push(chunk);
    },
  );
  let isThere = (): void => undefined;
  const there = new Promise<void>((resolve) => {
    isThere = resolve;
  });
  const ready = new AfterMarker(READY, isThere, (chunk) => {
    out.push(chunk);
  });
  shell.stdout.on('data', (chunk: Buffer) => {
    ready.push(chunk);
  });
  shell.stderr.on('data', (chunk: Buffer) => {
    err.push(chunk);
  });
  const output = new LastOutput([shell.stdout, shell.stderr]);
  const aborted = onAbort(signal);
  try {
    // A shell that ends before it is there says why below.
    await Promise.race([there, shell.exited, aborted.promise]);
    const validMs = await confirm();
    // Nothing was ordered, so nothing has begun.
    if (aborted.seen()) throw new ProcessEndedError('confirmed');
    sendOrder(shell, spec, { workdir, validMs, nonce });
    const over = Promise.race([shell.exited, aborted.promise]);
    const exit = await over.catch(async (error: unknown) => {
      if (!(error instanceof SessionLostError)) throw error;
      throw new ProcessLostError(error.message, await endBegun(session, begun, mark));
    });
    if (exit === 'aborted') {
      // Its watcher sees the end of input and begins to end the group at once.
      shell.stdin.end();
      const over = shell.exited.then(() => output.done());
      throw new ProcessEndedError(await confirmEnd(session, over, begun, mark));
    }
    shell.stdin.end();
    await output.done();
    if (begun.group === undefined && !begun.tooLate) throw noShell(exit, ready, err);
    if (begun.tooLate) throw new OrderTooOldError('the order to start reached the drone too late');
    return { ...exit, stdout, stderr };
  } finally {
    aborted.stop();
    shell.close();
  }
}

/** What the first line of the shell says. */
class Begun {
  /** The process group, once it is known. */
  group: number | undefined;
  tooLate = false;
  /** Resolves with that line. */
  readonly said: Promise<void>;
  #settle = (): void => undefined;

  constructor() {
    this.said = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  readonly say = (word: string): void => {
    if (word === TOO_LATE) this.tooLate = true;
    else this.group = Number(word);
    this.#settle();
  };
}

/** The login shell did not get as far as ours: it is told to let nobody in, or its files end it. */
function noShell({ exitCode, signal }: ShellExit, out: AfterMarker, err: AfterMarker): Error {
  const how = signal === null ? `exit ${String(exitCode)}` : `ended by ${signal}`;
  const said = oneLine(`${err.before} ${out.before}`);
  return new Error(`no shell on the drone: ${how}${said === '' ? '' : `: ${said}`}`);
}

/** `over` resolves when the shell has ended and all that it said was read. */
async function confirmEnd(
  session: Session,
  over: Promise<void>,
  begun: Begun,
  mark: string,
): Promise<'confirmed' | 'unconfirmed'> {
  // The order may be on its way. Without it the shell ends with its input, and nothing has begun.
  const word = begun.said.then(() => begun.tooLate);
  const ended = over.then(
    () => begun.group === undefined,
    () => false,
  );
  const nothingBegan = await within(UNTOLD_MS, Promise.race([word, ended]));
  return nothingBegan === true ? 'confirmed' : endBegun(session, begun, mark);
}

/** Ends what has begun, as far as is known. */
async function endBegun(
  session: Session,
  { group }: Begun,
  mark: string,
): Promise<'confirmed' | 'unconfirmed'> {
  const { ended, found } = await endProcess(session, { group, mark, graceMs: TERM_GRACE_MS });
  // Nobody has said that it has begun; the order may still be on its way.
  return group === undefined && !found ? 'unconfirmed' : ended;
}

function sendOrder(shell: Shell, spec: ProcessSpec, terms: OrderTerms): void {
  // A process that ends without reading its input closes the pipe: not our failure.
  shell.stdin.on('error', () => undefined);
  shell.stdin.write(encodeOrder(startOrder(spec, terms)));
  if (spec.stdin !== undefined) shell.stdin.end(spec.stdin);
}

function onAbort(signal: AbortSignal): {
  promise: Promise<'aborted'>;
  seen: () => boolean;
  stop: () => void;
} {
  let stop = (): void => undefined;
  const promise = new Promise<'aborted'>((resolve) => {
    const listener = () => {
      resolve('aborted');
    };
    signal.addEventListener('abort', listener, { once: true });
    stop = () => {
      signal.removeEventListener('abort', listener);
    };
  });
  return { promise, seen: () => signal.aborted, stop };
}
