/** Why a running batch must end before its calls are done. */
export type StopReason =
  /** The tick's deadline has come. */
  | { readonly kind: 'deadline' }
  /** The tick was cancelled; `text` says why. */
  | { readonly kind: 'cancelled'; readonly text: string }
  /** This worker leaves and gives its batches back. */
  | { readonly kind: 'worker-leaves' };

/** The reason that an aborted signal of a batch carries. */
export function stopReason(signal: AbortSignal): StopReason {
  return signal.reason as StopReason;
}
