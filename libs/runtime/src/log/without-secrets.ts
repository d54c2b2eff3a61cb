/**
 * Takes out of what is logged whatever may be a secret: by its name, at any depth, and passwords in
 * URLs. pino's own `redact` needs a path for each depth, and costs a worker a quarter of a batch.
 */

const REDACTED = '[redacted]';

/** An environment and a standard input may hold anything. */
const SECRET =
  /^(?:env|environment|stdin|token|cookie|.*(?:password|passphrase|secret|private[-_]?key|authorization|api[-_]?key|access[-_]?key))$/i;

/** What is nested deeper is left out. */
const DEEPEST = 10;

/** A copy of the fields of a line, fit to be written. */
export function withoutSecrets(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return copyOf(fields, 1);
}

function copyOf(fields: object, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    copy[name] = SECRET.test(name) && value !== undefined ? REDACTED : harmless(value, depth);
  }
  return copy;
}

function harmless(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutLogins(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => harmless(item, depth + 1));
  if (value instanceof Error) return describeError(value, depth);
  if (hasJson(value)) return harmless(value.toJSON(), depth + 1);
  return copyOf(value, depth + 1);
}

function hasJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** Libraries hang on their errors what they were asked, arguments and all: only this much is kept. */
function describeError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return {
    type: name,
    message: withoutLogins(message),
    ...('code' in error && { code: harmless(error.code, depth + 1) }),
    ...(cause !== undefined && { cause: harmless(cause, depth + 1) }),
    ...(stack !== undefined && { stack: withoutLogins(stack) }),
  };
}

/** `redis://user:password@host` becomes `redis://***@host`. */
export function withoutLogins(text: string): string {
  return text.includes('://') ? text.replace(/:\/\/[^\s/@]*@/g, '://***@') : text;
}
