export type { BatchWork, CarriedOut } from './batch/carry-out.js';
export type { StopReason } from './batch/stop-reason.js';
export { createBatchRunner, type BatchRunner } from './batch-runner.js';
export {
  CallFailedError,
  defineMethods,
  type DroneTransport,
  type Method,
  type MethodContext,
  type ProcessOutcome,
  type TransferOrder,
  type Transferred,
} from './methods/define-methods.js';
export { loadMethods, ownMethods, type MethodRegistry } from './methods/registry.js';
export { DroneWorker, type WorkerSettings } from './worker.js';
