/**
 * What starts the processes of a connection, or of this machine. The first one has a shell of its
 * own; after that the keeper pays, or a kept shell on a drone without python3.
 */
import { KeptKeeper } from '../keeper/kept-keeper.js';
import type { Keeper } from '../keeper/keeper.js';
import { KeptShells } from '../kept-shell/kept-shells.js';
import type { Shell } from '../transport/shell.js';
import { keptProcess } from './kept-process.js';
import type { Captures, ProcessChannel } from './process-channel.js';

/** Starts one process. @throws SessionLostError when it is of no more use. */
export type StartProcess = (captures: Captures) => ProcessChannel;

export interface StartersOptions {
  /** Opens a shell that is not of any one session. */
  readonly openShell: (script: string, signal: AbortSignal) => Promise<Shell>;
  /** Milliseconds that the start of the keeper may take. */
  readonly keeperMs: number;
  /** Told once, when there is no keeper any more. */
  readonly onFallback: (why: string) => void;
  /** Whether a channel is wanted for something else. */
  readonly isShort?: () => boolean;
}

export class ProcessStarters {
  readonly #keeper: KeptKeeper;
  readonly #shells: KeptShells;

  constructor({ openShell, keeperMs, onFallback, isShort = () => false }: StartersOptions) {
    this.#keeper = new KeptKeeper({ openShell, withinMs: keeperMs, onFallback });
    this.#shells = new KeptShells(openShell, isShort);
  }

  /**
   * Null when the process is to have a shell of its own. `hasInput`: it is to read something, which
   * a kept shell cannot give. Rejects with SessionLostError.
   */
  async get(signal: AbortSignal, hasInput: boolean): Promise<StartProcess | null> {
    const keeper = await this.#keeper.get(signal);
    if (keeper !== null) return (captures) => keptProcess(keeper, captures);
    if (!this.#keeper.isOver || hasInput || signal.aborted) return null;
    const shell = await this.#shells.get(signal);
    return shell && ((captures) => shell.open(captures));
  }

  /** The keeper, if it is there. */
  get keeper(): Keeper | null {
    return this.#keeper.started;
  }

  /** A channel is wanted for something else; `isLast`: at most one is open. */
  makeWay(isLast: boolean): void {
    if (!this.#shells.makeWay() && isLast) this.#keeper.makeWay();
  }

  /** They end what still runs. */
  close(): void {
    this.#keeper.close();
    this.#shells.close();
  }
}
