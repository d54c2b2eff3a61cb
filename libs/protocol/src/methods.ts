/** The built-in methods: what arguments each takes and what a second run would do. */
import { z } from 'zod';
import type { Effect } from './call.js';
import { LIMITS } from './limits.js';

/** What producer and worker must both know of a method. */
export interface MethodSpec {
  readonly args: z.ZodType<Record<string, unknown>>;
  readonly effect: Effect | ((args: Record<string, unknown>) => Effect);
}

/** No argument of a process and no path may hold a NUL: the system has no way to pass one. */
const text = z.string().refine((value) => !value.includes('\0'), 'must not hold a NUL character');
const path = text.min(1);
const bytes = z.number().int().min(0).max(LIMITS.maxOutputBytes);
const env = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable'),
  text,
);

export const execArgs = z
  .strictObject({
    argv: z.array(text).min(1).optional(),
    shell: text.optional(),
    cwd: path.optional(),
    env: env.optional(),
    stdin: z.string().optional(),
    check: z.boolean().default(true),
    maxOutputBytes: bytes.default(LIMITS.defaultOutputBytes),
  })
  .refine((args) => (args.argv === undefined) !== (args.shell === undefined), {
    message: "expected either 'argv' or 'shell'",
  })
  .refine((args) => args.argv?.[0] !== '', { message: 'the command is empty', path: ['argv', 0] });

export const readArgs = z.strictObject({
  path,
  maxBytes: bytes.default(LIMITS.defaultOutputBytes),
});

const OCTAL = "expected octal digits, e.g. '644'";

export const writeArgs = z
  .strictObject({
    path,
    content: z.string(),
    encoding: z.enum(['utf8', 'base64']).default('utf8'),
    append: z.boolean().default(false),
    mode: z
      .union([z.string().regex(/^[0-7]{3,4}$/, OCTAL), z.number().int().min(0).max(0o7777)], OCTAL)
      .optional(),
  })
  .refine((args) => args.encoding !== 'base64' || BASE64.test(args.content), {
    message: 'expected base64',
    path: ['content'],
  });

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const pingArgs = z.strictObject({});

export const spawnArgs = z
  .strictObject({
    argv: z.array(text).min(1),
    cwd: path.optional(),
    logFile: path.optional(),
    pidFile: path.optional(),
    env: env.optional(),
  })
  .refine((args) => args.argv[0] !== '', { message: 'the command is empty', path: ['argv', 0] });

export const refreshArgs = z.strictObject({
  pidFiles: z.array(path).max(LIMITS.pidFiles),
});

/** 0 and 1 are no groups that a call may end: to `kill`, they mean its own and everybody's. */
const group = z
  .number()
  .int()
  .min(2, 'expected the id of a process group, 2 or more')
  .max(LIMITS.pid);

export const killArgs = z.strictObject({
  pids: z.array(group).max(LIMITS.pids),
  graceMs: z.number().int().min(0).max(LIMITS.graceMs).default(5_000),
});

export const copyArgs = z.strictObject({ from: path, to: path });

/** Of `put` and `get`. */
export const transferArgs = z.strictObject({
  from: path,
  to: path,
  canFail: z.boolean().default(false),
});

export type ExecArgs = z.output<typeof execArgs>;
export type SpawnArgs = z.output<typeof spawnArgs>;
export type RefreshArgs = z.output<typeof refreshArgs>;
export type KillArgs = z.output<typeof killArgs>;
export type CopyArgs = z.output<typeof copyArgs>;
export type TransferArgs = z.output<typeof transferArgs>;
export type ReadArgs = z.output<typeof readArgs>;
export type WriteArgs = z.output<typeof writeArgs>;

export const BUILT_IN_METHODS: Readonly<Record<string, MethodSpec>> = {
  copy: { args: copyArgs, effect: 'idempotent' },
  exec: { args: execArgs, effect: 'once' },
  get: { args: transferArgs, effect: 'idempotent' },
  kill: { args: killArgs, effect: 'idempotent' },
  ping: { args: pingArgs, effect: 'read' },
  put: { args: transferArgs, effect: 'idempotent' },
  read: { args: readArgs, effect: 'read' },
  refresh: { args: refreshArgs, effect: 'read' },
  spawn: { args: spawnArgs, effect: 'once' },
  write: { args: writeArgs, effect: (args) => (args['append'] === true ? 'once' : 'idempotent') },
};
