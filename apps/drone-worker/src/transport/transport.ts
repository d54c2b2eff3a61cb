/**
 * The one interface to a drone. A transport knows how to reach a drone and to
 * open a shell on it; everything that runs on a drone runs through that, so
 * nothing above this file asks whether a drone is local.
 */
import type { Keeper } from '../keeper/keeper.js';
import type { StartProcess } from '../process/process-starters.js';
import type { Files } from './files.js';
import type { Shell } from './shell.js';

/** Why no session could be had. The outcome of the drone follows from `kind` alone. */
export interface ConnectFailure {
  readonly kind: 'unreachable' | 'auth_failed' | 'host_key_mismatch';
  /** One line a person can act on. */
  readonly message: string;
}

/** The drone's files, until they are given back. */
export interface OpenedFiles {
  /** Relative paths are from where a shell starts. */
  readonly files: Files;
  close(): void;
}

/** A way to start shells on one drone, and to reach its files. Kept across batches where that is worth it. */
export interface Session {
  /** Whether the drone's clock is this process' own. */
  readonly sharesClock: boolean;
  /** Starts `/bin/sh -c script`; `script` is constant text without a quote in it, never a place for arguments. Rejects with `SessionLostError`. */
  openShell(script: string, signal: AbortSignal): Promise<Shell>;
  /**
   * What starts a process for less than a shell of its own costs; null where it is to have one.
   * `hasInput`: it is to read something. Rejects with `SessionLostError`.
   */
  starter(signal: AbortSignal, hasInput: boolean): Promise<StartProcess | null>;
  /** The keeper of this connection, if it is there already. */
  startedKeeper(): Keeper | null;
  /** Rejects with `SessionLostError`, or with an Error that says why the drone's files are out of reach. */
  openFiles(signal: AbortSignal): Promise<OpenedFiles>;
  /**
   * A session to the same drone that shares no connection with this one, for when this one says
   * nothing; null when there is none to be had. It is to be given back as well.
   */
  another(signal: AbortSignal): Promise<Session | null>;
  /** Gives the session back. The transport may keep it for the next batch. */
  release(): void;
}

export type Connected = { ok: true; session: Session } | { ok: false; failure: ConnectFailure };

export interface Transport {
  /** What it connects to; undefined where there is nothing to connect to. */
  readonly server?: { readonly address: string; readonly port: number };
  /** Whether a session is to be had at once, without a word to the drone. */
  isAtHand(): boolean;
  /**
   * Never rejects for what a drone can do wrong; that is a `ConnectFailure`. `timeoutMs`
   * (milliseconds) bounds what the drone takes; waiting for this worker's own limits, which must
   * not make a drone look unreachable, is bounded by `signal` alone. Once that aborts, the outcome
   * is a failure that means nothing.
   */
  connect(timeoutMs: number, signal: AbortSignal): Promise<Connected>;
}
