/** What is written down before a call starts and when it has ended, and who may start one. */
import type { Call } from '@muster/protocol';
import {
  beginCall,
  readJournal,
  TIMING,
  type CallTrace,
  type HoldReply,
  type Holder,
  type TickStore,
} from '@muster/tick-state';
import type { StopReason } from './stop-reason.js';

/** The batch is no longer ours: another worker holds it, or nobody needs it. Nothing is to be reported. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

export interface CallJournal {
  /** What workers before us have left, one for each call. */
  readonly traces: readonly CallTrace[];
  /**
   * Before a call starts; `ended` is the one before it, with its result. A tick that does not
   * want the call any more ends the batch through its signal. @throws LeaseLostError
   */
  begin(index: number, call: Call, ended?: { index: number; result: unknown }): Promise<void>;
  /**
   * Before a process is let start on the drone: is the batch still ours, and for how many
   * milliseconds may it start? @throws LeaseLostError
   */
  confirm(): Promise<number>;
}

/** The journal of a batch that this worker holds; `stop` ends the batch. */
export async function openJournal(
  store: TickStore,
  holder: Holder,
  attempt: number,
  calls: readonly Call[],
  stop: (reason: StopReason) => void,
): Promise<CallJournal> {
  const heed = (reply: HoldReply) => {
    if (reply.kind === 'lost') throw new LeaseLostError('the batch is not held any more');
    if (reply.kind === 'held') return;
    stop(
      reply.reason === 'deadline' ? { kind: 'deadline' } : { kind: 'cancelled', text: reply.text },
    );
  };
  return {
    // Nobody was here before the first attempt.
    traces: attempt === 1 ? [] : await readJournal(store, holder, calls.length),
    async begin(index, { effect }, ended) {
      const step = {
        ...(ended && { ended: { index: ended.index, result: JSON.stringify(ended.result) } }),
        ...(effect !== 'read' && { begun: index }),
      };
      heed(await beginCall(store, holder, step));
    },
    async confirm() {
      const reply = await beginCall(store, holder);
      heed(reply);
      return reply.kind === 'held' ? Math.min(TIMING.orderMs, reply.remainingMs) : 0;
    },
  };
}

/** For batches that nobody else can hold. */
export const NO_JOURNAL: CallJournal = {
  traces: [],
  begin: () => Promise.resolve(),
  confirm: () => Promise.resolve(TIMING.orderMs),
};
