/** admit → connect → run, for a batch that is ours to run. Knows nothing of Redis. */
import {
  formatDuration,
  InvalidInputError,
  type Call,
  type Outcome,
  type Timings,
} from '@muster/protocol';
import type { DroneEntry } from '@muster/fleet';
import type { Clock } from '@muster/runtime';
import type { MethodRegistry } from '../methods/registry.js';
import type { TransferSlots } from '../transfer/transfer-slots.js';
import type { Transport } from '../transport/transport.js';
import { admitBatch } from './admit-batch.js';
import type { BatchLog } from './batch-log.js';
import type { BatchTelemetry } from './batch-telemetry.js';
import type { CallJournal } from './call-journal.js';
import type { CallSlots } from './call-slots.js';
import { runCalls, type CallsRun } from './run-calls.js';
import { stopReason } from './stop-reason.js';

export interface BatchWork {
  readonly tick: string;
  /** The tick's own, see `TickSettings`. */
  readonly nonce: string;
  readonly drone: string;
  readonly calls: readonly Call[];
  /** The methods, in one line. */
  readonly summary: string;
  /** Milliseconds. */
  readonly deadlineMs: number;
  /** Milliseconds. */
  readonly connectTimeoutMs: number;
}

export interface CarryOutDependencies {
  readonly slots: CallSlots;
  readonly transfers: TransferSlots;
  /** The drone as this worker's fleet file has it. */
  readonly droneEntry: (drone: string) => DroneEntry | undefined;
  /** @throws InvalidInputError when what is configured for the drone makes no sense. */
  readonly transportOf: (drone: DroneEntry) => Transport;
  readonly methods: MethodRegistry;
  readonly clock: Clock;
  readonly log: BatchLog;
  readonly telemetry: BatchTelemetry;
}

export interface CarriedOut {
  readonly run: CallsRun;
  readonly timings: Omit<Timings, 'queuedMs'>;
}

/** A batch that took longer carries a warning (behaviour 36). Milliseconds. */
const LONG_BATCH_MS = 400_000;

/** `signal` ends the batch; its reason is a `StopReason`. What a drone does wrong is in what comes back. */
export async function carryOut(
  work: BatchWork,
  journal: CallJournal,
  deps: CarryOutDependencies,
  signal: AbortSignal,
): Promise<CarriedOut> {
  const { calls, deadlineMs } = work;
  const admission = admitBatch(deps.droneEntry(work.drone), calls, deps.methods);
  if (!admission.ok) {
    return {
      run: nothingRan(calls, 'rejected', admission.message, admission.call),
      timings: NO_TIME,
    };
  }
  const transport = transportOr(deps, admission.drone);
  if (transport instanceof InvalidInputError)
    return { run: nothingRan(calls, 'rejected', transport.message), timings: NO_TIME };
  const begin = deps.clock.monotonic();
  const connected = await deps.telemetry.connect(admission.drone, transport, () =>
    transport.connect(work.connectTimeoutMs, signal),
  );
  const connectMs = since(begin, deps.clock);
  if (!connected.ok) {
    const { kind, message } = connected.failure;
    const run = signal.aborted
      ? notConnected(calls, signal, deadlineMs)
      : nothingRan(calls, kind, message);
    return { run, timings: { connectMs, runMs: 0 } };
  }
  const start = deps.clock.monotonic();
  try {
    const { tick, nonce, drone } = work;
    const { workdir, maxConcurrentCalls } = admission.drone;
    const batch = { tick, nonce, drone, calls, deadlineMs, workdir, maxConcurrentCalls };
    const run = await runCalls(batch, connected.session, journal, deps, signal);
    const runMs = since(start, deps.clock);
    if (runMs > LONG_BATCH_MS)
      run.warnings.push(`the batch took ${formatDuration(runMs)}: ${work.summary}`);
    return { run, timings: { connectMs, runMs } };
  } finally {
    connected.session.release();
  }
}

function transportOr(
  { transportOf }: CarryOutDependencies,
  drone: DroneEntry,
): Transport | InvalidInputError {
  try {
    return transportOf(drone);
  } catch (error) {
    if (error instanceof InvalidInputError) return error;
    throw error;
  }
}

const NO_TIME = { connectMs: 0, runMs: 0 } as const;

/** A batch none of whose calls began. */
export function nothingRan(
  calls: readonly Call[],
  outcome: Outcome,
  message: string,
  call?: number,
): CallsRun {
  const status = outcome === 'cancelled' ? 'cancelled' : 'skipped';
  return {
    outcome,
    error: { message, ...(call !== undefined && { call }) },
    results: [],
    warnings: [],
    calls: calls.map(({ method }) => ({ method, status, durationMs: 0 })),
  };
}

/** The batch was told to end before there was a connection. */
function notConnected(calls: readonly Call[], signal: AbortSignal, deadlineMs: number): CallsRun {
  const reason = stopReason(signal);
  switch (reason.kind) {
    case 'deadline':
      return nothingRan(
        calls,
        'unreachable',
        `no connection before the deadline of ${formatDuration(deadlineMs)}`,
      );
    case 'cancelled':
      return nothingRan(calls, 'cancelled', reason.text || 'the tick was cancelled');
    case 'worker-leaves':
      return nothingRan(calls, 'worker_lost', 'its worker was told to leave');
  }
}

function since(start: number, clock: Clock): number {
  return Math.round((clock.monotonic() - start) * 10) / 10;
}
