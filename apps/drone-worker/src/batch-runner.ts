/** Runs batches in this process, without Redis: what the in-process task queue has for hands. */
import type { Fleet } from '@muster/fleet';
import { systemClock, type Logger, type TracePlace } from '@muster/runtime';
import { BatchLog } from './batch/batch-log.js';
import { BatchTelemetry } from './batch/batch-telemetry.js';
import { CallSlots } from './batch/call-slots.js';
import { carryOut, type BatchWork, type CarriedOut } from './batch/carry-out.js';
import { NO_JOURNAL } from './batch/call-journal.js';
import type { MethodRegistry } from './methods/registry.js';
import { TransferSlots } from './transfer/transfer-slots.js';
import { createTransports } from './transport/transports.js';

/** Whose batch it is. */
interface BatchOrigin {
  readonly lane: string;
  /** `host:pid`. */
  readonly worker: string;
  /** Where its tick stands in its trace. */
  readonly place: TracePlace | undefined;
}

export interface BatchRunner {
  /** `signal`'s reason is a `StopReason`. What a drone does wrong is in what comes back. */
  run(work: BatchWork, origin: BatchOrigin, signal: AbortSignal): Promise<CarriedOut>;
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
  };
  return {
    run: async (work, { lane, worker, place }, signal) => {
      const { tick, drone } = work;
      const telemetry = BatchTelemetry.begin(
        { tick, lane, drone },
        {
          site: droneEntry(drone)?.site,
          attempt: 1,
          place,
          deliveredAt: systemClock.now(),
          worker,
        },
      );
      try {
        const batchLog = new BatchLog(log, { tick, lane, drone });
        const own = { ...deps, telemetry, log: batchLog };
        const done = await carryOut(work, NO_JOURNAL, own, signal);
        telemetry.end(done.run.outcome, done.run.error);
        return done;
      } catch (error) {
        telemetry.broke(error);
        throw error;
      }
    },
    close: () => transports.close(),
  };
}
