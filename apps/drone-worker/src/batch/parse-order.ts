import { readBatchOrder, WIRE_VERSION, WireError, type BatchOrder } from '@muster/protocol';

/**
 * Reads the order in a job. One of another version is still answered, as far as it says whom
 * it concerns: its drone is `rejected`, and does not keep the tick waiting.
 * @throws WireError when it does not even say that; the tick says `never_started` of the drone.
 */
export function parseOrder(data: unknown): { order: BatchOrder; skew?: string } {
  try {
    return { order: readBatchOrder(data) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const order = readBatchOrder({ batch: 0, summary: '', ...Object(data), v: WIRE_VERSION });
    return { order, skew: error.message };
  }
}
