/** A transfer between the worker and a drone, within its call's time and under its batch's lease. */
import type { TransferOrder, Transferred } from '../methods/define-methods.js';
import { ProcessEndedError, type ProcessPlace } from '../process/run-process.js';
import { localFiles } from '../transport/local-files.js';
import type { OpenedFiles, Session } from '../transport/transport.js';
import { leaveMarker, removeMarker } from './failed-marker.js';
import { inside, type Checkpoint, type Place } from './place.js';
import { Tally } from './tally.js';
import { transfer } from './transfer.js';
import type { TransferSlots } from './transfer-slots.js';

/**
 * Waits for its turn, transfers, and gives how much has arrived and what has not.
 * @throws ProcessEndedError once `signal` is aborted, SessionLostError, what `confirm` throws.
 */
export async function transferWithDrone(
  session: Session,
  order: TransferOrder,
  { workdir, confirm }: ProcessPlace,
  slots: TransferSlots,
  signal: AbortSignal,
): Promise<Transferred> {
  const leave = await slots.enter(signal);
  try {
    const opened = await openFiles(session, signal);
    try {
      return await carryOut(opened, order, workdir, checkpointOf(confirm, signal));
    } finally {
      opened.close();
    }
  } finally {
    leave();
  }
}

async function openFiles(session: Session, signal: AbortSignal): Promise<OpenedFiles> {
  try {
    endIfAborted(signal);
    return await session.openFiles(signal);
  } catch (error) {
    endIfAborted(signal);
    throw error;
  }
}

async function carryOut(
  { files }: OpenedFiles,
  { direction, from, to, canFail }: TransferOrder,
  workdir: string | undefined,
  checkpoint: Checkpoint,
): Promise<Transferred> {
  const onWorker = (path: string): Place => ({ files: localFiles, path });
  const onDrone = (path: string): Place => ({
    files,
    path: workdir === undefined || path.startsWith('/') ? path : inside(workdir, path),
  });
  const [source, target] =
    direction === 'put' ? [onWorker(from), onDrone(to)] : [onDrone(from), onWorker(to)];
  const tally = new Tally();
  await checkpoint();
  await transfer(source, target, tally, checkpoint);
  try {
    if (tally.failure === null) await removeMarker(target);
    else if (canFail) await leaveMarker(target, tally.failure, checkpoint);
  } catch (error) {
    tally.failed(error);
  }
  const { bytes, files: arrived, failure } = tally;
  return { bytes, files: arrived, failure };
}

/** The lease is confirmed as for a process, and again whenever that is too long ago. */
function checkpointOf(confirm: () => Promise<number>, signal: AbortSignal): Checkpoint {
  let validUntil = -Infinity;
  let confirming: Promise<void> | undefined;
  const ask = async () => {
    const began = performance.now();
    validUntil = began + (await confirm());
  };
  return async () => {
    endIfAborted(signal);
    if (performance.now() < validUntil) return;
    confirming ??= ask().finally(() => {
      confirming = undefined;
    });
    await confirming;
    endIfAborted(signal);
  };
}

/** Whatever the call has begun has ended by then, and what was not whole is removed. */
function endIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new ProcessEndedError('confirmed');
}
