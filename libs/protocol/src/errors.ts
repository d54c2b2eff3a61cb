/**
 * Every error that Muster throws on purpose. One class, one stable `code`,
 * one row in docs/errors.md.
 */

import { foldNodeSet } from './node-set/index.js';
import type { TickRecord } from './record.js';

/** What all of Muster's errors share: a stable, documented `code`. */
export abstract class MusterError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * The input is wrong: flags, fleet file, calls, names, policies. Nothing was
 * enqueued. The message names the place and says what was expected.
 */
export class InvalidInputError extends MusterError {
  override readonly code = 'MUSTER_INVALID_INPUT';
}

/** Redis is not reachable, unfit, or went away for longer than a tick can bear. */
export class InfrastructureError extends MusterError {
  override readonly code = 'MUSTER_INFRASTRUCTURE';
  /** Of a tick that its producer lost sight of: what was known by then, as a running tick's record. */
  readonly known: TickRecord | undefined;

  constructor(message: string, { known, ...options }: ErrorOptions & { known?: TickRecord } = {}) {
    super(message, options);
    this.known = known;
  }
}

/** A drone stands twice in one execute; nothing was enqueued (behaviour 49). */
export class DuplicateDroneError extends MusterError {
  override readonly code = 'MUSTER_DUPLICATE_DRONE';

  constructor(readonly drones: readonly string[]) {
    super(`each drone may stand only once in a tick; given more than once: ${drones.join(', ')}`);
  }
}

/** The lane's tick is still running (behaviour 7). */
export class TickInFlightError extends MusterError {
  override readonly code = 'MUSTER_TICK_IN_FLIGHT';

  constructor(
    readonly lane: string,
    readonly tick: string,
  ) {
    super(`lane ${lane} is busy: its tick ${tick} is still running; wait for it or cancel it`);
  }
}

/** The lane's last tick has ended, and its results were not collected (behaviour 6). */
export class UncollectedResultsError extends MusterError {
  override readonly code = 'MUSTER_UNCOLLECTED_RESULTS';

  constructor(
    readonly lane: string,
    readonly tick: string,
  ) {
    super(
      `lane ${lane} holds the results of tick ${tick}: collect them with getResults(), or drop them with discard()`,
    );
  }
}

/** A probe found no drone that answers (behaviour 26). */
export class NoDroneAnswersError extends MusterError {
  override readonly code = 'MUSTER_NO_DRONE_ANSWERS';

  constructor(
    /** Why each of them was dropped. */
    readonly drones: Readonly<
      Record<string, { readonly outcome: string; readonly message: string }>
    >,
    /** All of them in one line, folded by reason. */
    why: string,
  ) {
    super(`no drone is left: ${why}`);
  }
}

/** A refresh was asked for while drones still have calls queued (behaviour 24). */
export class PendingCallsError extends MusterError {
  override readonly code = 'MUSTER_PENDING_CALLS';

  constructor(readonly drones: readonly string[]) {
    super(
      `these drones still have calls queued, execute or clear them first: ${foldNodeSet(drones)}`,
    );
  }
}
