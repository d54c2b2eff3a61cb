import { InvalidInputError } from './errors.js';
import { LIMITS } from './limits.js';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads a duration such as `500ms`, `30s`, `1.5m` and gives milliseconds, rounded.
 * `what` names the place for the error, e.g. `--deadline`; `limitMs` is in milliseconds.
 * @throws InvalidInputError for anything else, for zero and for more than the limit (a week).
 */
export function parseDuration(
  text: string,
  what: string,
  limitMs: number = LIMITS.durationMs,
): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) {
    throw new InvalidInputError(
      `${what}: '${text}' is not a duration; expected e.g. 500ms, 30s or 5m`,
    );
  }
  const milliseconds = Math.round(Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]);
  if (milliseconds < 1 || milliseconds > limitMs) {
    throw new InvalidInputError(
      `${what}: '${text}' is out of range; expected 1ms to ${formatDuration(limitMs)}`,
    );
  }
  return milliseconds;
}

/** Says a duration (milliseconds) to a person: `870ms`, `4.2s`, `10s`, `3m 20s`, `2h 5m`, `7d`. */
export function formatDuration(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  if (whole < UNITS.s) return `${String(whole)}ms`;
  const tenths = Math.round(whole / 100);
  if (tenths < 600) return `${String(tenths / 10)}s`;
  const seconds = Math.round(whole / UNITS.s);
  if (seconds < 3_600) return twoUnits(seconds, 60, 'm', 's');
  const minutes = Math.round(whole / UNITS.m);
  if (minutes < 1_440) return twoUnits(minutes, 60, 'h', 'm');
  return twoUnits(Math.round(whole / UNITS.h), 24, 'd', 'h');
}

function twoUnits(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  const head = `${String((amount - rest) / size)}${large}`;
  return rest === 0 ? head : `${head} ${String(rest)}${small}`;
}
