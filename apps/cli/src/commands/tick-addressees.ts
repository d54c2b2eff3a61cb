/** Who is addressed by a tick and with which calls: the selection, or what failed in an earlier tick. */
import {
  admitCalls,
  BUILT_IN_METHODS,
  DEFAULT_PREFIX,
  InvalidInputError,
  type KnownMethods,
  type MethodSpec,
} from '@muster/protocol';
import type { MethodRegistry } from '@muster/drone-worker';
import type { Drone, DroneFleet } from '@muster/producer';
import { closeRedis, openRedis } from '@muster/runtime';
import { readBatch, readEntries, readTickFacts, readTickRoster } from '@muster/tick-state';
import { readCalls, type CallsFor, type GivenCall } from '../input/calls-input.js';
import type { TickFlags } from './tick-options.js';

export interface Addressees {
  readonly drones: readonly Drone[];
  /** Queues the calls on each drone, anew for each tick. */
  readonly queueCalls: () => void;
}

/** @throws InvalidInputError for an empty selection, no calls, or calls that do not fit. */
export async function chooseAddressees(
  flags: TickFlags,
  argv: readonly string[],
  fleet: DroneFleet,
  methods: KnownMethods,
  redis: string | undefined,
): Promise<Addressees> {
  const given = await readCalls({ argv, call: flags.call, calls: flags.calls });
  const selected = selectDrones(fleet, '--on', flags.on);
  if (selected.length === 0) throw new InvalidInputError(`--on '${flags.on}' selects no drone`);
  const { drones, callsFor } =
    flags.rerunFailed === undefined
      ? { drones: selected, callsFor: given }
      : await failedOf(flags.rerunFailed, selected, given, redis);
  if (callsFor === undefined) {
    throw new InvalidInputError(
      "no calls: give a command behind '--', or --call METHOD, or --calls FILE",
    );
  }
  const addressed = drones.filter((drone) => callsFor(drone.hostname).length > 0);
  if (addressed.length === 0) throw new InvalidInputError('no selected drone has a call');
  // Strange methods may be known to the workers of a shared Redis; the queue asks them.
  checkCalls(addressed, callsFor, methods, redis !== undefined);
  return {
    drones: addressed,
    queueCalls: () => {
      for (const drone of addressed) {
        drone.clearCallQueue();
        for (const { call } of callsFor(drone.hostname)) {
          const { method, args, ...options } = call as {
            method: string;
            args?: Record<string, unknown>;
          };
          drone.queueCall(method, args, options);
        }
      }
    },
  };
}

/** @throws InvalidInputError that names the flag. */
export function selectDrones(fleet: DroneFleet, flag: string, expression: string): Drone[] {
  try {
    return fleet.select(expression);
  } catch (error) {
    if (error instanceof InvalidInputError)
      throw new InvalidInputError(`${flag}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The methods known here: the built-in ones and those of `--methods`. */
export function methodsKnown(registry: MethodRegistry): KnownMethods {
  return { ...(Object.fromEntries(registry) as Record<string, MethodSpec>), ...BUILT_IN_METHODS };
}

function checkCalls(
  drones: readonly Drone[],
  callsFor: CallsFor,
  methods: KnownMethods,
  sharedRedis: boolean,
): void {
  const checked = new Set<readonly GivenCall[]>();
  for (const drone of drones) {
    const calls = callsFor(drone.hostname);
    if (checked.has(calls)) continue;
    checked.add(calls);
    const ours = calls.filter(({ call }) => !sharedRedis || isKnown(call, methods));
    admitCalls(
      ours.map(({ call }) => call),
      methods,
      (index) => ours[index]?.place ?? 'calls',
    );
  }
}

/** Anything but a well-formed call of a method that is not known here. */
function isKnown(call: unknown, methods: KnownMethods): boolean {
  const method =
    typeof call === 'object' && call !== null && 'method' in call ? call.method : undefined;
  return typeof method !== 'string' || Object.hasOwn(methods, method);
}

/** The drones that were bad in an earlier tick, with the calls that they were given there unless others are given. */
async function failedOf(
  tick: string,
  selected: readonly Drone[],
  given: CallsFor | undefined,
  redisUrl: string | undefined,
): Promise<{ drones: Drone[]; callsFor: CallsFor }> {
  if (redisUrl === undefined) {
    throw new InvalidInputError(
      `--rerun-failed ${tick}: needs the Redis that holds the tick; give --redis URL or start muster up`,
    );
  }
  const redis = await openRedis(redisUrl);
  try {
    const store = { redis, prefix: DEFAULT_PREFIX };
    const facts = await readTickFacts(store, tick);
    if (facts === undefined)
      throw new InvalidInputError(`--rerun-failed ${tick}: there is no such tick`);
    if (facts.state !== 'closed')
      throw new InvalidInputError(`--rerun-failed ${tick}: it is still running`);
    const byName = new Map(selected.map((drone) => [drone.hostname, drone]));
    const roster = await readTickRoster(store, tick);
    const batchOf = new Map(roster.map(({ drone, batch }) => [drone, batch]));
    const drones: Drone[] = [];
    const batches = new Map<number, readonly GivenCall[]>();
    for await (const [name, { outcome }] of readEntries(store, facts, roster)) {
      const drone = byName.get(name);
      if (outcome === 'ok' || drone === undefined) continue;
      drones.push(drone);
      const batch = batchOf.get(name) ?? 0;
      if (given !== undefined || batches.has(batch)) continue;
      const calls = await readBatch(store, tick, batch);
      batches.set(
        batch,
        calls.map((call, index) => ({ call, place: `${tick}: call ${String(index)}` })),
      );
    }
    if (drones.length === 0)
      throw new InvalidInputError(
        `--rerun-failed ${tick}: none of the selected drones was bad in it`,
      );
    return { drones, callsFor: given ?? ((name) => batches.get(batchOf.get(name) ?? -1) ?? []) };
  } finally {
    await closeRedis(redis);
  }
}
