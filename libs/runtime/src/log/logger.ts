/** Logs: pino JSON lines on stderr, pretty on a terminal. */
import { InvalidInputError } from '@muster/protocol';
import { pino, type Bindings, type ChildLoggerOptions, type LogFn, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { withoutLogins, withoutSecrets } from './without-secrets.js';

export type { Logger };

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Bytes that wait for a reader at most; what comes then is dropped. */
const MOST_UNWRITTEN = 64 * 1024 * 1024;

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
    : unhurried();
  return redacting(
    pino(
      {
        name,
        level,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { log: withoutSecrets },
        // That has made plain fields of errors.
        serializers: { err: (fields: unknown) => fields },
        hooks: { logMethod: sayWithoutLogins },
      },
      stream,
    ),
  );
}

/** The message of an error that is logged alone would be taken as it is. */
function sayWithoutLogins(
  this: Logger,
  args: Parameters<LogFn>,
  write: (...args: Parameters<LogFn>) => void,
): void {
  const [first, ...rest] = args as unknown[];
  const said = first instanceof Error && rest.length === 0 ? [{ err: first }, first.message] : args;
  const harmless = said.map((part) => (typeof part === 'string' ? withoutLogins(part) : part));
  write.apply(this, harmless as Parameters<LogFn>);
}

/** Its children's own fields pass no formatter; they inherit this. */
function redacting(logger: Logger): Logger {
  const child = Reflect.get(logger, 'child');
  logger.child = function <Levels extends string = never>(
    this: Logger,
    bindings: Bindings,
    options?: ChildLoggerOptions<Levels>,
  ) {
    return child.call(this, withoutSecrets(bindings), options);
  } as Logger['child'];
  return logger;
}

/** What was logged and not yet written, of all loggers of this process. */
const unwritten: Destination[] = [];

type Destination = ReturnType<typeof pino.destination>;

/** A reader who is slow, or has stopped reading, must not hold up the batches. */
function unhurried(): Destination {
  const destination = pino.destination({
    dest: 2,
    sync: false,
    // Begins at once; what comes meanwhile is written in one piece.
    minLength: 1,
    maxLength: MOST_UNWRITTEN,
  });
  unwritten.push(destination);
  return destination;
}

/** Resolves once all that was logged is written, or its reader is gone. */
export async function flushLogs(): Promise<void> {
  const flushed = unwritten.map(
    (destination) =>
      new Promise<void>((resolve) => {
        destination.flush(() => {
          resolve();
        });
      }),
  );
  await Promise.all(flushed);
}

/** A logger that says nothing, for library users who gave none. */
export const silentLogger: Logger = pino({ level: 'silent' });
