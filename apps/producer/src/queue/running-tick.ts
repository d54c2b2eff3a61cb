/** Follows a tick to its end by its state; events are only a hint. Keeps the lane meanwhile. */
import { InfrastructureError } from '@muster/protocol';
import { delay, LATE, within } from '@muster/runtime';
import {
  readTickFacts,
  renewLane,
  TIMING,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';
import type { ClosedTicks } from './closed-ticks.js';

/** How often the state is read when nothing is heard, in milliseconds. */
const POLL_MS = 250;
/** Past its deadline, a tick is over within this time, or Redis is away. Milliseconds. */
export const OVERDUE_MS = 2_000;
/** When Redis answers and yet nobody closes the tick, we wait so much longer. Milliseconds. */
const NO_COMBINER_MS = 10_000;

export interface TickToFollow {
  readonly tick: string;
  readonly lane: string;
  readonly token: string;
  readonly deadlineMs: number;
  /** It was opened while `ClosedTicks` was listening: that it is closed will be heard. */
  readonly isHeardOf: boolean;
}

/**
 * Resolves with the facts of the closed tick. `onClosed` is called once, when it was heard that it is: what it
 * asks of Redis goes out together with the question for the facts.
 * @throws InfrastructureError when Redis is still away 2 s after the deadline, or nobody combines.
 */
export async function followTick(
  store: TickStore,
  closedTicks: ClosedTicks,
  follow: TickToFollow,
  onClosed: () => void,
  signal: AbortSignal,
): Promise<TickFacts> {
  const began = performance.now();
  let wake = new AbortController();
  const heard = { isClosed: false, isSaid: false };
  const stopListening = closedTicks.onClosed(follow.tick, () => {
    heard.isClosed = true;
    wake.abort('closed');
  });
  const lease = new AbortController();
  void keepLane(store, follow, lease.signal);
  const onAbort = () => {
    lease.abort('not followed any more');
    wake.abort('not followed any more');
  };
  signal.addEventListener('abort', onAbort, { once: true });
  let heardOf = performance.now();
  try {
    if (follow.isHeardOf) await delay(POLL_MS, wake.signal);
    while (!signal.aborted) {
      // Before the state is read, so that what is heard meanwhile is not lost.
      wake = new AbortController();
      const reading = readTickFacts(store, follow.tick);
      if (heard.isClosed && !heard.isSaid) {
        heard.isSaid = true;
        onClosed();
      }
      const facts = await within(1_000, reading).catch((): typeof LATE => LATE);
      if (facts !== LATE) {
        heardOf = performance.now();
        if (facts === undefined)
          throw new InfrastructureError(`tick ${follow.tick} is gone from Redis`);
        if (facts.state === 'closed') return facts;
      }
      const late = performance.now() - began - follow.deadlineMs;
      if (late > OVERDUE_MS && performance.now() - heardOf > 1_000) {
        throw new InfrastructureError(
          `Redis did not answer, ${String(OVERDUE_MS / 1000)}s past the deadline of tick ${follow.tick}`,
        );
      }
      if (late > NO_COMBINER_MS) {
        throw new InfrastructureError(
          `no combiner closed tick ${follow.tick}, ${String(NO_COMBINER_MS / 1000)}s past its deadline`,
        );
      }
      await delay(POLL_MS, wake.signal);
    }
    throw new InfrastructureError(
      `tick ${follow.tick} is not followed any more: the queue was closed`,
    );
  } finally {
    lease.abort('over');
    signal.removeEventListener('abort', onAbort);
    stopListening();
  }
}

async function keepLane(
  store: TickStore,
  { lane, token }: TickToFollow,
  signal: AbortSignal,
): Promise<void> {
  while (await delay(TIMING.laneRenewMs, signal)) {
    // A lost renewal is made good by the next one; a lost lane shows when it is freed.
    await renewLane(store, lane, token).catch(() => false);
  }
}
