/** Which batches begin their first call with their claim, and save a question to Redis for it. */
import type { DroneEntry } from '@muster/fleet';
import { InvalidInputError, type BatchOrder } from '@muster/protocol';
import type { FirstCall } from '@muster/tick-state';
import { admitBatch } from './admit-batch.js';
import type { BatchSource } from './batch-source.js';
import type { CarryOutDependencies } from './carry-out.js';

interface Dependencies extends Pick<
  CarryOutDependencies,
  'droneEntry' | 'methods' | 'transportOf'
> {
  readonly batches: Pick<BatchSource, 'get'>;
}

/**
 * Nothing may stand between the claim and the call: so the calls must be there and good, and the drone
 * one that has a place free for every call and needs no connection, or has one that was heard of
 * a moment ago. Fetching the calls before the
 * claim takes no longer than after it; what is wrong with them is found again once the batch is ours.
 */
export async function firstCallOf(
  order: BatchOrder,
  { droneEntry, transportOf, methods, batches }: Dependencies,
): Promise<FirstCall | undefined> {
  const drone = droneEntry(order.drone);
  if (drone === undefined || drone.maxConcurrentCalls !== undefined) return undefined;
  if (!isAtHand(drone, transportOf)) return undefined;
  const calls = await batches.get(order).catch(() => []);
  const [first] = calls;
  if (first === undefined || !admitBatch(drone, calls, methods).ok) return undefined;
  return first.effect === 'read' ? 'repeatable' : 'journalled';
}

function isAtHand(drone: DroneEntry, transportOf: Dependencies['transportOf']): boolean {
  try {
    return transportOf(drone).isAtHand();
  } catch (error) {
    // What is configured for it makes no sense, which its report will say.
    if (error instanceof InvalidInputError) return false;
    throw error;
  }
}
