/** The keeper of one connection, or of this machine: started when it pays, and kept. */
import { delay } from '@muster/runtime';
import { BOOT, encodeOrder } from '../process/start-order.js';
import type { Shell } from '../transport/shell.js';
import { Keeper, KEEPER_BOOT, KeeperSilentError } from './keeper.js';

/** How long processes wait for a keeper that is being started, milliseconds. */
const WORTH_WAITING_MS = 1_000;

export interface KeptKeeperOptions {
  /** Opens a shell that is not of any one session. */
  readonly openShell: (script: string, signal: AbortSignal) => Promise<Shell>;
  /** Milliseconds that its start may take. */
  readonly withinMs: number;
  /** Told once, when processes go through shells of their own from now on. */
  readonly onFallback: (why: string) => void;
}

export class KeptKeeper {
  #isFirst = true;
  /** Resolves when it has started or will not, or when waiting for that is not worth it. */
  #waiting: Promise<unknown> | null = null;
  #keeper: Keeper | null = null;
  /** There is none to be had any more. */
  #over = false;
  /** Its channel is wanted for something else. */
  #isInTheWay = false;
  readonly #closing = new AbortController();

  constructor(private readonly options: KeptKeeperOptions) {}

  /**
   * Null for the first process: a keeper takes longer to start than one process is worth. Null as
   * well while it takes too long to start, where the drone has no python3, or where its keeper has
   * ended.
   */
  async get(signal: AbortSignal): Promise<Keeper | null> {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst || this.#over) return null;
    if (this.started !== null) return this.started;
    this.#waiting ??= Promise.race([this.#start(), delay(WORTH_WAITING_MS, this.#closing.signal)]);
    await unlessAborted(this.#waiting, signal);
    return this.started;
  }

  /** There is none, and there will be none. */
  get isOver(): boolean {
    return this.#over;
  }

  /** The keeper, if it is there. */
  get started(): Keeper | null {
    return this.#keeper?.isThere === true ? this.#keeper : null;
  }

  /** Has it give its channel back as soon as none of its processes runs. */
  makeWay(): void {
    if (this.#waiting === null) return;
    this.#isInTheWay = true;
    if (this.#keeper?.busy === false) this.close();
  }

  /** It ends what still runs. */
  close(): void {
    this.#over = true;
    this.#closing.abort();
    this.#keeper?.close();
  }

  async #start(): Promise<void> {
    const { openShell, withinMs, onFallback } = this.options;
    try {
      const shell = await openShell(KEEPER_BOOT, this.#closing.signal);
      const keeper = await Keeper.start(shell, withinMs, () => {
        if (this.#isInTheWay) this.close();
      });
      if (this.#over) {
        keeper.close();
        return;
      }
      this.#keeper = keeper;
      void keeper.gone.then((why) => {
        if (!this.#over) onFallback(why.message);
        this.#over = true;
      });
    } catch (error) {
      if (!this.#over) onFallback(error instanceof Error ? error.message : String(error));
      this.#over = true;
      if (error instanceof KeeperSilentError) await this.#endStarter(error.group);
    }
  }

  /** What should have become the keeper, and did not, is not to stay behind. */
  async #endStarter(group: number): Promise<void> {
    try {
      const shell = await this.options.openShell(BOOT, this.#closing.signal);
      shell.stdin.on('error', () => undefined);
      shell.stdin.end(encodeOrder(`kill -KILL -${String(group)}; exit 0`));
      await shell.exited;
      shell.close();
    } catch {
      // The connection is lost, and with it what was to be ended.
    }
  }
}

/** Resolves with `work`, or when `signal` aborts. */
function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    work
      .finally(() => {
        signal.removeEventListener('abort', onAbort);
      })
      .then(() => {
        resolve();
      }, reject);
  });
}
