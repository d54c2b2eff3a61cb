/** The bounds of a tick's life, all in milliseconds by Redis' clock. */
export const TIMING = {
  /** From the deadline (or a cancel) to the moment a tick is closed without its last reports. */
  closingMs: 1_400,
  /** A combiner that sees a deadline no later than this saw it in time: the closing counts from it. */
  seenInTimeMs: 500,
  /** From the begin of the closing to the moment when others end what a silent worker's calls have left running. */
  endLostMs: 600,
  /** How long after the last report a combiner's sweep may close what no parent job has closed. */
  settleMs: 250,
  /** A worker that was not heard of for so long is lost. It says that it lives every `heartbeatMs`. */
  workerLeaseMs: 5_000,
  heartbeatMs: 1_000,
  /** A worker that was heard of so recently ends its own calls at the deadline; others need not. */
  heardMs: 2_500,
  /** How old an order to start may be when it reaches the drone; never more than a worker's lease. */
  orderMs: 5_000,
  /** A producer that was not heard of for so long has left its lane. */
  laneLeaseMs: 4_000,
  laneRenewMs: 1_000,
} as const;
