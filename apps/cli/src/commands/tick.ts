import {
  InfrastructureError,
  InvalidInputError,
  parsePolicy,
  type DroneEntry,
  type TickRecord,
} from '@muster/protocol';
import { loadMethods } from '@muster/drone-worker/methods';
import { DroneTaskQueue, planTick, TickFailedError, type Drone } from '@muster/producer';
import { createLogger, delay } from '@muster/runtime';
import { EXIT, SIGNAL_EXIT } from '../exit-codes.js';
import { chooseFleet } from '../input/fleet-choice.js';
import { chooseRedis } from '../input/redis-choice.js';
import { listenForSignals, type Interruption } from '../interruption.js';
import { coloursFor } from '../output/colours.js';
import { startProgress } from '../output/progress.js';
import { print } from '../output/streams.js';
import { tickText } from '../output/tick-text.js';
import { startTelemetry } from '../telemetry/start-telemetry.js';
import {
  chooseAddressees,
  methodsKnown,
  selectDrones,
  type Addressees,
} from './tick-addressees.js';
import { readTickFlags, type TickFlags } from './tick-options.js';
import { planJson, planText } from './tick-plan-text.js';
import { setStage } from './tick-stage.js';

export async function runTick(flags: TickFlags, argv: readonly string[]): Promise<number> {
  const settings = readTickFlags(flags);
  const fleet = await chooseFleet(flags.fleet);
  const registry = await loadMethods(flags.methods);
  const methods = methodsKnown(registry);
  const policy = parsePolicy(flags.policy, (expression) =>
    selectDrones(fleet, '--policy must', expression).map(String),
  );
  const redis = chooseRedis(flags.redis);
  if (!flags.wait && redis === undefined) {
    throw new InvalidInputError(
      '--no-wait needs a Redis that outlives this command: give --redis URL or start muster up',
    );
  }
  const addressees = await chooseAddressees(flags, argv, fleet, methods, redis);
  if (flags.dryRun === true) {
    addressees.queueCalls();
    const plan = planTick(
      addressees.drones.map((drone) => drone.takeCalls()),
      fleet.file,
      methods,
    );
    await print(flags.json === true ? planJson(plan) : planText(plan));
    return EXIT.ok;
  }

  const log = createLogger({ name: 'tick', level: process.env['MUSTER_LOG_LEVEL'] ?? 'warn' });
  const telemetry = await startTelemetry('tick', log);
  const interruption = listenForSignals();
  const withWorker = redis === undefined || flags.withWorker === true;
  const stage = await setStage({
    redis,
    withWorker,
    fleet,
    methods: registry,
    concurrency: flags.concurrency,
    log,
  });
  let queue: DroneTaskQueue | undefined;
  const close = async () => {
    await queue?.close();
    await stage.close();
    await telemetry.stop();
  };
  try {
    queue = await DroneTaskQueue.open({
      name: flags.lane,
      fleet,
      redis: stage.redis,
      deadlineMs: settings.deadlineMs,
      connectTimeoutMs: settings.connectTimeoutMs,
      policy,
      attempts: flags.attempts,
      methods,
      retention: settings.retention,
      log,
    });
    if (!flags.wait) return await startOnly(queue, addressees, flags);
    return await repeat(queue, addressees, flags, settings.everyMs, interruption, close);
  } finally {
    interruption.stop();
    await close();
  }
}

async function startOnly(
  queue: DroneTaskQueue,
  { drones, queueCalls }: Addressees,
  flags: TickFlags,
): Promise<number> {
  queueCalls();
  await queue.execute(drones, { wait: false });
  await queue.detach();
  await print(
    flags.json === true
      ? `${JSON.stringify({ tick: queue.lastTick })}\n`
      : `${queue.lastTick ?? ''}\n`,
  );
  return EXIT.ok;
}

/** One tick, or one after another with `--every`, until a signal comes. Gives the last one's exit code. */
async function repeat(
  queue: DroneTaskQueue,
  addressees: Addressees,
  flags: TickFlags,
  everyMs: number | undefined,
  interruption: Interruption,
  close: () => Promise<void>,
): Promise<number> {
  for (;;) {
    const began = performance.now();
    const { record, error } = await runOne(queue, addressees, flags, interruption);
    const last = everyMs === undefined || interruption.signal() !== null;
    // Everything is cleaned up before the last word: after a hang-up, printing may fail.
    if (last) await close();
    if (record !== null) await print(recordText(record, flags));
    if (error !== undefined) throw error;
    const signal = interruption.signal();
    if (signal !== null) return SIGNAL_EXIT[signal];
    if (everyMs === undefined) return record?.status === 'ok' ? EXIT.ok : EXIT.failed;
    await delay(began + everyMs - performance.now(), interruption.aborted);
    if (interruption.signal() !== null && record !== null)
      return SIGNAL_EXIT[interruption.signal() ?? 'SIGINT'];
  }
}

interface Ran {
  /** Of the tick, whatever became of it; null when a signal came before it began. */
  readonly record: TickRecord | null;
  /** Why the record is not the last word. */
  readonly error?: InfrastructureError;
}

async function runOne(
  queue: DroneTaskQueue,
  { drones, queueCalls }: Addressees,
  flags: TickFlags,
  interruption: Interruption,
): Promise<Ran> {
  if (interruption.signal() !== null) return { record: null };
  queueCalls();
  const progress = startProgress(drones.length);
  const stop = interruption.onSignal((signal) => {
    void queue.cancel(`interrupted by ${signal}`).catch(() => undefined);
  });
  try {
    const onReport = (drone: Drone, entry: DroneEntry) => {
      progress.reported(entry);
      if (flags.jsonl === true)
        void print(`${JSON.stringify({ drone: drone.hostname, ...entry })}\n`);
    };
    // Reports are followed one by one only where somebody looks.
    const watched = flags.jsonl === true || process.stderr.isTTY;
    const keepResults = flags.jsonl !== true;
    await queue.execute(drones, watched ? { onReport, keepResults } : {});
    return { record: queue.lastRecord };
  } catch (error) {
    if (error instanceof TickFailedError) return { record: error.record };
    if (error instanceof InfrastructureError && error.known !== undefined)
      return { record: error.known, error };
    throw error;
  } finally {
    stop();
    progress.stop();
  }
}

function recordText(record: TickRecord, { json, jsonl }: TickFlags): string {
  if (json === true) return `${JSON.stringify(record)}\n`;
  if (jsonl === true) {
    const { drones: _drones, ...head } = record;
    return `${JSON.stringify(head)}\n`;
  }
  return tickText(record, coloursFor(process.stdout));
}
