/** A drone as a scheduler sees it: a name, and the calls that are queued for it. */
import type { Call, CallInput, CallReport } from '@muster/protocol';

interface QueuedCall {
  readonly call: CallInput;
}

/** The calls that one tick took from a drone, so that later ones stay queued (behaviour 25). */
export interface TakenCalls {
  readonly drone: Drone;
  readonly calls: readonly CallInput[];
  /** Takes out of the drone's queue what must not run again, by what became of each call. */
  settle(fates: readonly Pick<CallReport, 'status'>[], effects: readonly Call['effect'][]): void;
}

export class Drone {
  #queue: QueuedCall[] = [];

  constructor(readonly hostname: string) {}

  /** Queues a call for the next execute. Calls run in the order in which they were queued. */
  queueCall(
    method: string,
    args: CallInput['args'] = {},
    options: Omit<CallInput, 'method' | 'args'> = {},
  ): void {
    this.#queue.push({ call: { method, args, ...options } });
  }

  /** The calls queued now. */
  getCalls(): readonly CallInput[] {
    return this.#queue.map(({ call }) => call);
  }

  clearCallQueue(): void {
    this.#queue = [];
  }

  /** For task queues: the calls as they are now. They stay queued until they are settled (behaviour 23). */
  takeCalls(): TakenCalls {
    const taken = this.#queue;
    this.#queue = [...taken];
    return {
      drone: this,
      calls: taken.map(({ call }) => call),
      settle: (fates, effects) => {
        const gone = new Set(
          taken.filter((_, index) => isOver(fates[index]?.status, effects[index])),
        );
        this.#queue = this.#queue.filter((queued) => !gone.has(queued));
      },
    };
  }

  toString(): string {
    return this.hostname;
  }
}

/** A call that is done leaves the queue, and so does a `once` call that has begun: a second run would double it. */
function isOver(
  status: CallReport['status'] | undefined,
  effect: Call['effect'] | undefined,
): boolean {
  if (status === 'ok') return true;
  return effect === 'once' && (status === 'unknown' || status === 'timed_out');
}
