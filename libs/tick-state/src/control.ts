/** What is said on the control channel, to all workers at once. */
import { keys } from '@muster/protocol';
import type { TickStore } from './store.js';
import type { ClosingNotice } from './transitions/begin-closing.js';

/** Asks workers to end what silent ones have left running: drones by the lease of who is asked. */
export interface EndLostNotice {
  readonly kind: 'end-lost';
  readonly tick: string;
  readonly drones: Readonly<Record<string, readonly string[]>>;
}

export type ControlNotice = ClosingNotice | EndLostNotice;

export async function sayEndLost(
  store: TickStore,
  notice: Omit<EndLostNotice, 'kind'>,
): Promise<void> {
  const text = JSON.stringify({ kind: 'end-lost', ...notice } satisfies EndLostNotice);
  await store.redis.publish(keys.control(store.prefix), text);
}

/** @throws SyntaxError for anything that is no notice. */
export function readControlNotice(message: string): ControlNotice {
  return JSON.parse(message) as ControlNotice;
}
