/** Logs: pino JSON lines on stderr, pretty on a terminal. */
import { InvalidInputError } from '@muster/protocol';
import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type { Logger };

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

export interface LoggerSettings {
  /** Which part of Muster speaks: `worker`, `combiner`, `producer`. */
  readonly name: string;
  /** `MUSTER_LOG_LEVEL`; default `info`. */
  readonly level?: string | undefined;
}

/** @throws InvalidInputError for a level that pino does not know. */
export function createLogger({
  name,
  level = process.env['MUSTER_LOG_LEVEL'] ?? 'info',
}: LoggerSettings): Logger {
  if (!LEVELS.includes(level)) {
    throw new InvalidInputError(
      `MUSTER_LOG_LEVEL: '${level}'; expected one of ${LEVELS.join(', ')}`,
    );
  }
  const colour = process.env['NO_COLOR'] === undefined || process.env['NO_COLOR'] === '';
  const stream = process.stderr.isTTY
    ? PinoPretty({
        destination: 2,
        sync: true,
        colorize: colour,
        ignore: 'pid,hostname',
        translateTime: 'SYS:HH:MM:ss',
      })
    : pino.destination({ dest: 2, sync: true });
  return pino({ name, level, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** A logger that says nothing, for library users who gave none. */
export const silentLogger: Logger = pino({ level: 'silent' });
