/** Which batches begin their first call with their claim, and save a question to Redis for it. */
import type { BatchOrder } from '@muster/protocol';
import type { FirstCall } from '@muster/tick-state';
import { admitBatch } from './admit-batch.js';
import type { BatchSource } from './batch-source.js';
import type { CarryOutDependencies } from './carry-out.js';

interface Dependencies extends Pick<CarryOutDependencies, 'droneEntry' | 'methods'> {
  readonly batches: Pick<BatchSource, 'get'>;
}

/**
 * Nothing may stand between the claim and the call: so the calls must be there and good, and the drone
 * one that needs no connection and has a place free for every call. Fetching the calls before the
 * claim takes no longer than after it; what is wrong with them is found again once the batch is ours.
 */
export async function firstCallOf(
  order: BatchOrder,
  { droneEntry, methods, batches }: Dependencies,
): Promise<FirstCall | undefined> {
  const drone = droneEntry(order.drone);
  if (drone === undefined || drone.transport === 'ssh' || drone.maxConcurrentCalls !== undefined)
    return undefined;
  const calls = await batches.get(order).catch(() => []);
  const [first] = calls;
  if (first === undefined || !admitBatch(drone, calls, methods).ok) return undefined;
  return first.effect === 'read' ? 'repeatable' : 'journalled';
}
