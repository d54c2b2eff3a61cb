/** A drone as a scheduler sees it: a name, and the calls and kills that are queued for it. */
import {
  describeIssues,
  InvalidInputError,
  killArgs,
  type Call,
  type CallInput,
  type CallEntry,
} from '@muster/protocol';

interface QueuedCall {
  readonly call: CallInput;
}

interface PendingKill {
  readonly pid: number;
}

/** The calls that one tick took from a drone, so that later ones stay queued (behaviour 25). */
export interface TakenCalls {
  readonly drone: Drone;
  readonly calls: readonly CallInput[];
  /** Takes out of the drone's queue what must not run again, by what became of each call. */
  settle(fates: readonly Pick<CallEntry, 'status'>[], effects: readonly Call['effect'][]): void;
}

export class Drone {
  #queue: QueuedCall[] = [];
  #kills: PendingKill[] = [];

  constructor(readonly hostname: string) {}

  /** Queues a call for the next execute. Calls run in the order in which they were queued. */
  queueCall(
    method: string,
    args: CallInput['args'] = {},
    options: Omit<CallInput, 'method' | 'args'> = {},
  ): void {
    this.#queue.push({ call: { method, args, ...options } });
  }

  /**
   * Has a process group ended, by its leader's pid: with all others that are pending, once each, in
   * one `kill` call behind the calls of the next batch (behaviour 21). Alone it makes no batch,
   * unless execute is told to `sendKills` (behaviour 22). It is pending until that call succeeded,
   * whatever the call found: see its result.
   * @throws InvalidInputError for what is no pid of a group.
   */
  queueKill(pid: number): void {
    const { error } = killArgs.safeParse({ pids: [pid] });
    if (error !== undefined)
      throw new InvalidInputError(`${this.hostname}: kill: ${describeIssues(error)}`);
    this.#kills.push({ pid });
  }

  /** The calls queued now; those of a batch in flight are among them. */
  getCalls(): readonly CallInput[] {
    return this.#queue.map(({ call }) => call);
  }

  /** The pids whose kill is pending now. */
  getKills(): readonly number[] {
    return pidsOf(this.#kills);
  }

  /** Pending kills stay: what shall not run any more is no reason to let live what shall die. */
  clearCallQueue(): void {
    this.#queue = [];
  }

  clearKills(): void {
    this.#kills = [];
  }

  /**
   * For task queues: the calls as they are now, with one for the pending kills at the end. They stay
   * queued until they are settled (behaviour 23).
   */
  takeCalls({ sendKills = false }: { readonly sendKills?: boolean } = {}): TakenCalls {
    const calls = [...this.#queue];
    const kills = calls.length > 0 || sendKills ? [...this.#kills] : [];
    const pids = pidsOf(kills);
    const kill: CallInput[] = pids.length === 0 ? [] : [{ method: 'kill', args: { pids } }];
    return {
      drone: this,
      calls: [...calls.map(({ call }) => call), ...kill],
      settle: (fates, effects) => {
        const over = (index: number) => isOver(fates[index]?.status, effects[index]);
        const gone = new Set(calls.filter((_, index) => over(index)));
        this.#queue = this.#queue.filter((queued) => !gone.has(queued));
        const ended = new Set(over(calls.length) ? kills : []);
        this.#kills = this.#kills.filter((pending) => !ended.has(pending));
      },
    };
  }

  toString(): string {
    return this.hostname;
  }
}

/** A batch of one call that is not in the drone's queue, and does not stay there when it fails. */
export function unqueuedCall(drone: Drone, method: string, args: CallInput['args']): TakenCalls {
  return { drone, calls: [{ method, args }], settle: () => undefined };
}

/** A call that is done leaves the queue, and so does a `once` call that has begun: a second run would double it. */
function isOver(
  status: CallEntry['status'] | undefined,
  effect: Call['effect'] | undefined,
): boolean {
  if (status === 'ok') return true;
  return effect === 'once' && (status === 'unknown' || status === 'timed_out');
}

function pidsOf(kills: readonly PendingKill[]): number[] {
  return [...new Set(kills.map(({ pid }) => pid))];
}
