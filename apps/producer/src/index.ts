export {
  DuplicateDroneError,
  InfrastructureError,
  InvalidInputError,
  judgeRecord,
  MusterError,
  NoDroneAnswersError,
  PendingCallsError,
  TickInFlightError,
  UncollectedResultsError,
  type BadDrone,
  type DroneEntry,
  type Judgement,
  type PidFile,
  type RefreshResult,
  type TableProcess,
  type TickRecord,
} from '@muster/protocol';
export { Combiner, type CombinerSettings } from './combiner/combiner.js';
export { Drone } from './drone.js';
export { DroneFleet, loadFleet } from './fleet.js';
export {
  InProcessTaskQueue,
  type InProcessTaskQueueSettings,
} from './in-process/in-process-task-queue.js';
export { DroneTaskQueue } from './queue/drone-task-queue.js';
export type { DroneTaskQueueSettings } from './queue/queue-settings.js';
export { planTick, type TickPlan } from './queue/plan-tick.js';
export type { ExecuteOptions, TaskQueue } from './queue/task-queue.js';
export { TickFailedError } from './tick-failed-error.js';
