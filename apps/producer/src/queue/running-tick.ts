/** Follows a tick to its end by its state; events are only a hint. Keeps the lane meanwhile. */
import { InfrastructureError, keys } from '@muster/protocol';
import { delay, LATE, within, type RedisClient } from '@muster/runtime';
import {
  readTickFacts,
  renewLane,
  TIMING,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';

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
}

/**
 * Resolves with the facts of the closed tick.
 * @throws InfrastructureError when Redis is still away 2 s after the deadline, or nobody combines.
 */
export async function followTick(
  store: TickStore,
  subscriber: RedisClient,
  follow: TickToFollow,
  signal: AbortSignal,
): Promise<TickFacts> {
  const began = performance.now();
  const channel = keys.tickChannel(store.prefix, follow.tick);
  let wake = new AbortController();
  const onMessage = (heard: string) => {
    if (heard === channel) wake.abort();
  };
  subscriber.on('message', onMessage);
  void subscriber.subscribe(channel).catch(() => undefined);
  const lease = new AbortController();
  void keepLane(store, follow, lease.signal);
  const onAbort = () => {
    lease.abort();
    wake.abort();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  let heardOf = performance.now();
  try {
    while (!signal.aborted) {
      // Before the state is read, so that what is heard meanwhile is not lost.
      wake = new AbortController();
      const facts = await within(1_000, readTickFacts(store, follow.tick)).catch(
        (): typeof LATE => LATE,
      );
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
    lease.abort();
    signal.removeEventListener('abort', onAbort);
    subscriber.off('message', onMessage);
    void subscriber.unsubscribe(channel).catch(() => undefined);
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
