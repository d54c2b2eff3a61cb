/** How many ticks are kept, and for how long: `--keep-ticks` and `--keep-for`, else the environment. */
import { InvalidInputError, LIMITS, parseDuration } from '@muster/protocol';
import { DEFAULT_RETENTION, type Retention } from '@muster/tick-state';

/** As the command line has them. */
export interface RetentionFlags {
  readonly keepTicks?: string;
  readonly keepFor?: string;
}

/** What was not said is the default. @throws InvalidInputError that names the flag or the variable. */
export function chooseRetention(
  flags: RetentionFlags,
  env: NodeJS.ProcessEnv = process.env,
): Retention {
  return givenRetention(flags, env) ?? DEFAULT_RETENTION;
}

/** As `chooseRetention`, but undefined where neither is said: the installation's own setting stays. */
export function givenRetention(
  flags: RetentionFlags,
  env: NodeJS.ProcessEnv = process.env,
): Retention | undefined {
  const ticks = said(flags.keepTicks, '--keep-ticks', env, 'MUSTER_KEEP_TICKS');
  const time = said(flags.keepFor, '--keep-for', env, 'MUSTER_KEEP_FOR');
  if (ticks === undefined && time === undefined) return undefined;
  const { count, ageMs } = DEFAULT_RETENTION;
  return {
    count: ticks === undefined ? count : readCount(ticks.text, ticks.what),
    ageMs: time === undefined ? ageMs : parseDuration(time.text, time.what, LIMITS.keepMs),
  };
}

/** A flag's text or else its variable's, and which of them it is. */
function said(
  flag: string | undefined,
  flagName: string,
  env: NodeJS.ProcessEnv,
  variable: string,
): { readonly text: string; readonly what: string } | undefined {
  if (flag !== undefined) return { text: flag, what: flagName };
  const value = env[variable];
  return value === undefined || value === '' ? undefined : { text: value, what: variable };
}

function readCount(text: string, what: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidInputError(`${what}: '${text}': expected a whole number from 1 to 999999999`);
}
