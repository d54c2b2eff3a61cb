/** What can become of a drone in a tick; each drone has exactly one (contract, "outcome"). */
export const OUTCOMES = [
  'ok',
  'call_failed',
  'timed_out',
  'unreachable',
  'auth_failed',
  'host_key_mismatch',
  'never_started',
  'worker_lost',
  'cancelled',
  'quarantined',
  'rejected',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** One letter for each outcome: what is kept of a tick's drones where only that matters. */
export const OUTCOME_LETTERS: Readonly<Record<Outcome, string>> = {
  ok: 'o',
  call_failed: 'F',
  timed_out: 'T',
  unreachable: 'U',
  auth_failed: 'A',
  host_key_mismatch: 'H',
  never_started: 'N',
  worker_lost: 'L',
  cancelled: 'C',
  quarantined: 'Q',
  rejected: 'R',
};

/** What can become of a single call. */
export const CALL_STATUSES = [
  'ok',
  'failed',
  'timed_out',
  'cancelled',
  'skipped',
  'unknown',
] as const;

export type CallStatus = (typeof CALL_STATUSES)[number];

/** Where a call of a drone is that has not reported; only while its tick runs. */
export type CallProgress = 'waiting' | 'running';
