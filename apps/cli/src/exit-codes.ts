/** The exit codes of the contract, and which error ends in which. */
import {
  DuplicateDroneError,
  NoDroneAnswersError,
  TickFailedError,
  TickInFlightError,
  UncollectedResultsError,
} from '@muster/producer';

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  infrastructure: 3,
  refused: 4,
} as const;

/** 128 + the signal's number, as shells have it. */
export const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
export type EndingSignal = keyof typeof SIGNAL_EXIT;

/** By the error's stable code: the dashboard's modules are not those of the command's bundle. */
const BY_CODE: ReadonlyMap<unknown, number> = new Map([
  ['MUSTER_INVALID_INPUT', EXIT.usage],
  ['MUSTER_INFRASTRUCTURE', EXIT.infrastructure],
]);

export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof DuplicateDroneError) return EXIT.usage;
  if (error instanceof TickInFlightError || error instanceof UncollectedResultsError)
    return EXIT.refused;
  if (error instanceof TickFailedError || error instanceof NoDroneAnswersError) return EXIT.failed;
  return error instanceof Error && 'code' in error ? BY_CODE.get(error.code) : undefined;
}
