import { WireError, type BatchOrder } from '@muster/protocol';
import type { BatchSource } from './batch-source.js';
import type { BatchWork } from './carry-out.js';

export type Fetched =
  | { readonly ok: true; readonly work: BatchWork & { readonly attempts: number } }
  | { readonly ok: false; readonly message: string };

/** Puts together what a claimed batch has to do, or says why that cannot be read: it is then `rejected`. */
export async function fetchWork(
  order: BatchOrder,
  skew: string | undefined,
  settings: string,
  batches: BatchSource,
): Promise<Fetched> {
  if (skew !== undefined) return { ok: false, message: skew };
  try {
    const { nonce, deadlineMs, connectTimeoutMs, attempts } = batches.settingsOf(settings);
    const { tick, drone, summary } = order;
    const calls = await batches.get(order);
    const work = { tick, nonce, drone, calls, summary, deadlineMs, connectTimeoutMs, attempts };
    return { ok: true, work };
  } catch (error) {
    if (error instanceof WireError) return { ok: false, message: error.message };
    throw error;
  }
}
