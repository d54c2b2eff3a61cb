/** Runs batches in this process, without Redis: what the in-process task queue has for hands. */
import type { Fleet } from '@muster/fleet';
import { systemClock, type Logger } from '@muster/runtime';
import { CallSlots } from './batch/call-slots.js';
import { carryOut, type BatchWork, type CarriedOut } from './batch/carry-out.js';
import { NO_JOURNAL } from './batch/call-journal.js';
import type { MethodRegistry } from './methods/registry.js';
import { TransferSlots } from './transfer/transfer-slots.js';
import { createTransports } from './transport/transports.js';

export interface BatchRunner {
  /** `signal`'s reason is a `StopReason`. What a drone does wrong is in what comes back. */
  run(work: BatchWork, signal: AbortSignal): Promise<CarriedOut>;
  close(): Promise<void>;
}

export function createBatchRunner(fleet: Fleet, methods: MethodRegistry, log: Logger): BatchRunner {
  const droneEntry = (name: string) => fleet.get(name);
  const transports = createTransports(droneEntry, log);
  const deps = {
    droneEntry,
    transportOf: transports.of,
    methods,
    slots: new CallSlots(),
    transfers: new TransferSlots(),
    clock: systemClock,
    log,
  };
  return {
    run: (work, signal) => carryOut(work, NO_JOURNAL, deps, signal),
    close: () => transports.close(),
  };
}
