/** Checks the calls that a user gives, and fills in what the method knows. */
import { callInputSchema, type Call, type CallInput, type Effect } from './call.js';
import { describeIssues } from './describe-issues.js';
import { InvalidInputError } from './errors.js';
import { DEFAULT_CALL_TIMEOUT_MS, LIMITS } from './limits.js';
import type { MethodSpec } from './methods.js';
import { nearest } from './nearest.js';

/** A method known by name only (a worker announced it): its arguments are checked there. */
export interface RemoteMethod {
  readonly effect: Effect;
}

export type KnownMethods = Readonly<Record<string, MethodSpec | RemoteMethod>>;

/**
 * Gives the calls ready to travel. `place` says where they come from (`--call 1`, `calls.yaml[3]`).
 * @throws InvalidInputError for an unknown method, arguments that do not fit, or too large a batch.
 */
export function admitCalls(
  calls: readonly unknown[],
  methods: KnownMethods,
  place: (index: number) => string,
): Call[] {
  if (calls.length > LIMITS.calls) {
    throw new InvalidInputError(
      `${place(LIMITS.calls)}: a batch may hold ${String(LIMITS.calls)} calls at most`,
    );
  }
  return calls.map((call, index) => admitCall(call, methods, place(index)));
}

function admitCall(input: unknown, methods: KnownMethods, place: string): Call {
  const parsed = callInputSchema.safeParse(input);
  if (!parsed.success)
    throw new InvalidInputError(`${place}: ${describeIssues(parsed.error, callInputSchema)}`);
  const call: CallInput = parsed.data;
  const method = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined;
  if (method === undefined) {
    const close = nearest(call.method, Object.keys(methods));
    const hint =
      close === undefined
        ? `known: ${Object.keys(methods).join(', ')}`
        : `did you mean '${close}'?`;
    throw new InvalidInputError(`${place}: unknown method '${call.method}'; ${hint}`);
  }
  const args = call.args ?? {};
  if ('args' in method) {
    const fitting = method.args.safeParse(args);
    if (!fitting.success) {
      throw new InvalidInputError(
        `${place}: ${call.method}: ${describeIssues(fitting.error, method.args)}`,
      );
    }
  }
  const effect =
    call.effect ?? (typeof method.effect === 'function' ? method.effect(args) : method.effect);
  return {
    method: call.method,
    args,
    timeoutMs: call.timeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
    effect,
  };
}

/** Refuses a batch that is larger than what may travel, before anything is enqueued. */
export function checkBatchSize(json: string, place: string): void {
  const size = new TextEncoder().encode(json).byteLength;
  if (size > LIMITS.batchBytes) {
    throw new InvalidInputError(
      `${place}: the batch has ${String(size)} bytes; at most ${String(LIMITS.batchBytes)} (4 MiB) may travel`,
    );
  }
}
