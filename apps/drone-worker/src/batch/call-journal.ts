/** What is written down before a call starts and when it has ended, and who may start one. */
import type { Call } from '@muster/protocol';
import type { Clock } from '@muster/runtime';
import {
  beginCall,
  readJournal,
  TIMING,
  type CallStep,
  type CallTrace,
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

/** What Redis has said so lately is not asked again. Milliseconds. */
const FRESH_MS = 250;

export interface Hold {
  readonly holder: Holder;
  /** 1 for the first. */
  readonly attempt: number;
  /** When the claim was asked to begin the first call, by the monotonic clock; undefined where it was not. */
  readonly begunAt?: number | undefined;
  /** Milliseconds from then to the tick's deadline. */
  readonly remainingMs: number;
}

/** The journal of a batch that this worker holds; `stop` ends the batch. */
export async function openJournal(
  store: TickStore,
  { holder, attempt, begunAt, remainingMs }: Hold,
  calls: readonly Call[],
  stop: (reason: StopReason) => void,
  clock: Pick<Clock, 'monotonic'>,
): Promise<CallJournal> {
  /** When it was asked whether the batch is ours, and how long from then on a call may start. */
  let held = { at: begunAt ?? -Infinity, forMs: Math.min(TIMING.orderMs, remainingMs) };
  let isBegun = begunAt !== undefined;
  const ask = async (step?: CallStep) => {
    const at = clock.monotonic();
    const reply = await beginCall(store, holder, step);
    if (reply.kind === 'lost') throw new LeaseLostError('the batch is not held any more');
    if (reply.kind === 'held') {
      held = { at, forMs: Math.min(TIMING.orderMs, reply.remainingMs) };
      return;
    }
    held = { at: -Infinity, forMs: 0 };
    stop(
      reply.reason === 'deadline' ? { kind: 'deadline' } : { kind: 'cancelled', text: reply.text },
    );
  };
  return {
    // Nobody was here before the first attempt.
    traces: attempt === 1 ? [] : await readJournal(store, holder, calls.length),
    async begin(index, { effect }, ended) {
      if (isBegun) {
        // The first of them, by the claim.
        isBegun = false;
        return;
      }
      const step = {
        ...(ended && { ended: { index: ended.index, result: JSON.stringify(ended.result) } }),
        ...(effect !== 'read' && { begun: index }),
      };
      await ask(step);
    },
    async confirm() {
      if (clock.monotonic() - held.at > FRESH_MS) await ask();
      return Math.max(0, held.forMs - Math.max(0, clock.monotonic() - held.at));
    },
  };
}

/** For batches that nobody else can hold. */
export const NO_JOURNAL: CallJournal = {
  traces: [],
  begin: () => Promise.resolve(),
  confirm: () => Promise.resolve(TIMING.orderMs),
};
