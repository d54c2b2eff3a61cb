/** A call: one method with arguments, as users write it and as it travels. */
import { z } from 'zod';

/**
 * What a second run of a call would do: `read` changes nothing, `idempotent` ends in
 * the same state, `once` must never start twice.
 */
export const EFFECTS = ['read', 'idempotent', 'once'] as const;
export type Effect = (typeof EFFECTS)[number];

export const METHOD_NAME = /^[A-Za-z][A-Za-z0-9._-]{0,99}$/;

/** A call as it travels: everything filled in. `timeoutMs` is in milliseconds. */
export interface Call {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  readonly effect: Effect;
}

/** A call as a user gives it: the rest is filled in from its method. */
export interface CallInput {
  readonly method: string;
  readonly args?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds; the call is ended after them and is `timed_out`. */
  readonly timeoutMs?: number | undefined;
  readonly effect?: Effect | undefined;
}

const durationMs = z
  .number()
  .int()
  .min(1)
  .max(7 * 24 * 3_600_000);

export const callInputSchema = z.strictObject({
  method: z.string().regex(METHOD_NAME, 'expected the name of a method'),
  args: z.record(z.string(), z.unknown(), 'expected an object').optional(),
  timeoutMs: durationMs.optional(),
  effect: z.enum(EFFECTS).optional(),
});

export const callSchema = z.strictObject({
  method: z.string().regex(METHOD_NAME),
  args: z.record(z.string(), z.unknown()),
  timeoutMs: durationMs,
  effect: z.enum(EFFECTS),
});
