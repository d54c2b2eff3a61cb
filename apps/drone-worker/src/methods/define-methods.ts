/** What a method is: its arguments, what a second run would do, and how it runs on a drone. */
import type { Effect } from '@muster/protocol';
import type { Logger } from '@muster/runtime';
import type { z } from 'zod';
import type { ProcessSpec } from '../process/start-order.js';

/** How a process of a call ended, and what it said. */
export interface ProcessOutcome {
  readonly exitCode: number | null;
  /** `SIGKILL` and the like. */
  readonly signal: string | null;
  /** UTF-8, with U+FFFD for what is not. */
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
  /** Whether either stream was cut at its limit. */
  readonly truncated: boolean;
}

/** What to transfer between the worker and the drone; see the methods `put` and `get`. */
export interface TransferOrder {
  /** `put`: from the worker to the drone; `get`: the other way. */
  readonly direction: 'put' | 'get';
  /** With a slash at its end, the contents of a directory. */
  readonly from: string;
  readonly to: string;
  /** Whether a failure leaves a marker beside the target. */
  readonly canFail: boolean;
}

export interface Transferred {
  readonly bytes: number;
  /** Files and links that have arrived. */
  readonly files: number;
  /** What has not arrived, and why; null when everything has. */
  readonly failure: string | null;
}

/** The drone, as a method sees it. */
export interface DroneTransport {
  /** Whether the drone's clock is the worker's own. */
  readonly sharesClock: boolean;
  /**
   * Runs a process on the drone, in a process group of its own, with the call's mark in its
   * environment. It is ended when the call's signal is aborted.
   */
  run(spec: ProcessSpec): Promise<ProcessOutcome>;
  /**
   * Transfers files, when it is its turn among the worker's transfers. Paths on the drone are
   * relative to its `workdir`. It is ended when the call's signal is aborted.
   */
  transfer(order: TransferOrder): Promise<Transferred>;
}

export interface MethodContext {
  /** The drone's name. */
  readonly drone: string;
  readonly transport: DroneTransport;
  /** Aborted when the call must end: its own time, the tick's deadline, a cancel. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Warnings travel apart from results and do not fail the batch (behaviour 20). */
  readonly warn: (message: string) => void;
}

export interface Method<Args extends Record<string, unknown> = Record<string, unknown>> {
  readonly args: z.ZodType<Args>;
  readonly effect: Effect | ((args: Record<string, unknown>) => Effect);
  /** Its value is the call's result. To fail the call, throw. */
  run(context: MethodContext, args: Args): unknown;
}

/** A call that did not do what it was asked to. The message is what a person reads. */
export class CallFailedError extends Error {
  override readonly name = 'CallFailedError';
}

type MethodTable = Record<string, Method>;

/** Declares the methods of a user's module; each `run` gets the arguments that its schema gives. */
export function defineMethods<
  Schemas extends Record<string, z.ZodType<Record<string, unknown>>>,
>(methods: {
  [Name in keyof Schemas]: {
    args: Schemas[Name];
    effect: Effect;
    run(context: MethodContext, args: z.output<Schemas[Name]>): unknown;
  };
}): MethodTable {
  return methods;
}
