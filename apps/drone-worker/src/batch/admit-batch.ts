/** May this batch run here? The drone must be known, its methods known and allowed, the arguments fit. */
import { describeIssues, type Call } from '@muster/protocol';
import type { DroneEntry } from '@muster/fleet';
import type { MethodRegistry } from '../methods/registry.js';

export type Admission =
  { ok: true; drone: DroneEntry } | { ok: false; message: string; call?: number };

/** Pure: says why a batch is `rejected` before anything of it runs. */
export function admitBatch(
  drone: DroneEntry | undefined,
  calls: readonly Call[],
  methods: MethodRegistry,
): Admission {
  if (drone === undefined)
    return { ok: false, message: "the worker's fleet file does not have it" };
  // Most ticks give the same calls to all: what was found good once need not be looked at again.
  if (drone.methods === undefined && goodFor.get(calls) === methods) return { ok: true, drone };
  for (const [index, call] of calls.entries()) {
    const trouble = troubleWith(call, drone, methods);
    if (trouble !== undefined) {
      return {
        ok: false,
        call: index,
        message: `call ${String(index)}, ${call.method}: ${trouble}`,
      };
    }
  }
  if (drone.methods === undefined) goodFor.set(calls, methods);
  return { ok: true, drone };
}

/** Calls that any drone without a list of its own may run, with the methods that said so. */
const goodFor = new WeakMap<readonly Call[], MethodRegistry>();

function troubleWith(call: Call, drone: DroneEntry, methods: MethodRegistry): string | undefined {
  const method = methods.get(call.method);
  if (method === undefined) return 'the worker knows no such method';
  if (drone.methods !== undefined && !drone.methods.includes(call.method)) {
    return `not allowed on this drone (allowed: ${drone.methods.join(', ') || 'none'})`;
  }
  const args = method.args.safeParse(call.args);
  return args.success ? undefined : describeIssues(args.error);
}
