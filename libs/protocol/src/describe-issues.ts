/** What a schema found wrong, in words. */
import { z } from 'zod';
import { nearest } from './nearest.js';

/**
 * Says what a schema found wrong: `args.argv[0]: expected string, received number`. With the
 * `schema` of an object, an unknown key of it comes with the nearest that there is.
 */
export function describeIssues(error: z.ZodError, schema?: z.ZodType): string {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return error.issues.map((issue) => describeIssue(issue, known)).join('; ');
}

function describeIssue(issue: z.core.$ZodIssue, known: readonly string[]): string {
  const at = issue.path.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${String(key)}]`;
    return path === '' ? String(key) : `${path}.${String(key)}`;
  }, '');
  const message = sayIssue(issue, at === '' ? known : []);
  return at === '' ? message : `${at}: ${message}`;
}

function sayIssue(issue: z.core.$ZodIssue, known: readonly string[]): string {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => sayUnknownKey(key, known)).join('; ');
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join('; ');
  return issue.message
    .replace(/^(Invalid input|Invalid option|Too small|Too big): /, '')
    .replace(/^expected (.+), received undefined$/, 'missing; expected $1');
}

function sayUnknownKey(key: string, known: readonly string[]): string {
  const close = nearest(key, known);
  return close === undefined
    ? `unknown key '${key}'`
    : `unknown key '${key}'; did you mean '${close}'?`;
}
