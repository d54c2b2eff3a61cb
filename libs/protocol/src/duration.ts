import { InvalidInputError } from './errors.js';
import { LIMITS } from './limits.js';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads a duration such as `500ms`, `30s`, `1.5m` and gives milliseconds, rounded.
 * `what` names the place for the error, e.g. `--deadline`.
 * @throws InvalidInputError for anything else, for zero and for more than a week.
 */
export function parseDuration(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) {
    throw new InvalidInputError(`${what}: '${text}' is not a duration; expected e.g. 500ms, 30s or 5m`);
  }
  const milliseconds = Math.round(Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]);
  if (milliseconds < 1 || milliseconds > LIMITS.durationMs) {
    throw new InvalidInputError(`${what}: '${text}' is out of range; expected 1ms to 7d`);
  }
  return milliseconds;
}

/** Says a duration (milliseconds) to a person: `870ms`, `4.2s`, `10s`, `3m 20s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${String(Math.round(milliseconds))}ms`;
  if (milliseconds < 60_000) return `${String(Math.round(milliseconds / 100) / 10)}s`;
  const seconds = Math.round(milliseconds / 1_000);
  const rest = seconds % 60;
  return rest === 0 ? `${String((seconds - rest) / 60)}m` : `${String((seconds - rest) / 60)}m ${String(rest)}s`;
}
