/** Runs one process on a drone: the same way over every transport. */
import { within } from '@muster/runtime';
import { SessionLostError, type ShellExit } from '../transport/shell.js';
import type { Session } from '../transport/transport.js';
import { endProcess } from './end-process.js';
import { OutputCapture } from './output-capture.js';
import type { Begun, Captures, ProcessChannel } from './process-channel.js';
import { shellProcess } from './shell-process.js';
import { BOOT, TERM_GRACE_MS, type ProcessSpec } from './start-order.js';

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
  /** Told how it exited; null for one that a signal ended. */
  readonly onExit?: ((exitCode: number | null) => void) | undefined;
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
 * is ended: TERM, a grace, KILL, and proof through the keeper or a second shell.
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
  const stdout = new OutputCapture(spec.maxOutputBytes);
  const stderr = new OutputCapture(spec.maxOutputBytes);
  const hasInput = spec.stdin !== undefined;
  const channel = await openChannel(session, { stdout, stderr }, hasInput, signal);
  const { begun, exited, output } = channel;
  const aborted = onAbort(signal);
  try {
    // What ends before it is there says why below.
    if (!channel.isThere) await Promise.race([channel.there, exited, aborted.promise]);
    const validMs = await confirm();
    // Nothing was ordered, so nothing has begun.
    if (aborted.seen()) throw new ProcessEndedError('confirmed');
    if (!channel.takesOrders())
      throw new OrderTooOldError('what was to start it on the drone ended before it had its order');
    channel.order(spec, { workdir, validMs });
    const exit = await Promise.race([exited, aborted.promise]).catch(async (error: unknown) => {
      if (!(error instanceof SessionLostError)) throw error;
      throw new ProcessLostError(error.message, await endBegun(session, begun, mark));
    });
    if (exit === 'aborted') {
      channel.endGroup();
      const over = exited.then(() => output.done());
      throw new ProcessEndedError(await confirmEnd(session, over, begun, mark));
    }
    channel.endGroup();
    await output.done();
    if (begun.state === 'too-late')
      throw new OrderTooOldError('the order to start reached the drone too late');
    if (begun.state !== 'begun') throw channel.noStart(exit);
    return { ...exit, stdout, stderr };
  } finally {
    aborted.stop();
    channel.close();
  }
}

/** Through what is kept for that where there is such, else through a shell of its own. */
async function openChannel(
  session: Session,
  captures: Captures,
  hasInput: boolean,
  signal: AbortSignal,
): Promise<ProcessChannel> {
  try {
    const start = signal.aborted ? null : await session.starter(signal, hasInput);
    const kept = start === null ? null : start(captures);
    // One that ends before it has an order has begun nothing.
    if (kept !== null && (kept.isThere || (await isThere(kept, signal)))) return kept;
    if (!signal.aborted) return shellProcess(await session.openShell(BOOT, signal), captures);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  // Nothing was ordered, so nothing has begun.
  throw new ProcessEndedError('confirmed');
}

/** `over` resolves when the shell has ended and all that it said was read. */
async function confirmEnd(
  session: Session,
  over: Promise<void>,
  begun: Begun,
  mark: string,
): Promise<'confirmed' | 'unconfirmed'> {
  // The order may be on its way. Without it the shell ends with its input, and nothing has begun.
  const word = begun.said.then(() => begun.state === 'too-late');
  const ended = over.then(
    () => begun.state !== 'begun',
    () => false,
  );
  const nothingBegan = await within(UNTOLD_MS, Promise.race([word, ended]));
  return nothingBegan === true ? 'confirmed' : endBegun(session, begun, mark);
}

/** Ends what has begun, as far as is known. */
async function endBegun(
  session: Session,
  { group, watcher }: Begun,
  mark: string,
): Promise<'confirmed' | 'unconfirmed'> {
  const { ended, found } = await endProcess(session, {
    group,
    watcher,
    mark,
    graceMs: TERM_GRACE_MS,
  });
  // Nobody has said that it has begun; the order may still be on its way.
  return group === undefined && !found ? 'unconfirmed' : ended;
}

async function isThere(channel: ProcessChannel, signal: AbortSignal): Promise<boolean> {
  const aborted = onAbort(signal);
  const isLost = channel.exited.then(
    () => false,
    () => false,
  );
  const gaveUp = aborted.promise.then(() => false);
  try {
    const there = await Promise.race([channel.there.then(() => true), isLost, gaveUp]);
    if (!there) channel.close();
    return there;
  } finally {
    aborted.stop();
  }
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
