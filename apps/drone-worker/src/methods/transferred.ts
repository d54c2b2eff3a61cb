import { CallFailedError, type MethodContext, type TransferOrder } from './define-methods.js';

/** The result of `put` and `get`. One that may fail warns, with a marker beside its target (behaviour 34). */
export async function transferred(
  { transport, warn }: MethodContext,
  order: TransferOrder,
): Promise<{ bytes: number; files: number }> {
  const { bytes, files, failure } = await transport.transfer(order);
  if (failure !== null) {
    if (!order.canFail) throw new CallFailedError(failure);
    warn(failure);
  }
  return { bytes, files };
}
