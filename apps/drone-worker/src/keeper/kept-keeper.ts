/** The keeper of one connection, or of this machine: started when it pays, and kept. */
import type { Shell } from '../transport/shell.js';
import { Keeper, KEEPER_BOOT } from './keeper.js';

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
  #starting: Promise<Keeper | null> | null = null;
  #keeper: Keeper | null = null;
  /** There is none to be had any more. */
  #over = false;
  /** Its channel is wanted for something else. */
  #isInTheWay = false;
  readonly #closing = new AbortController();

  constructor(private readonly options: KeptKeeperOptions) {}

  /**
   * Null for the first process: a keeper takes longer to start than one process is worth. Null as
   * well where the drone has no python3, or where its keeper has ended.
   */
  async get(signal: AbortSignal): Promise<Keeper | null> {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst || this.#over) return null;
    this.#starting ??= this.#start();
    const keeper = await unlessAborted(this.#starting, signal);
    return keeper?.isThere === true ? keeper : null;
  }

  /** The keeper, if it is there. */
  get started(): Keeper | null {
    return this.#keeper?.isThere === true ? this.#keeper : null;
  }

  /** Has it give its channel back as soon as none of its processes runs. */
  makeWay(): void {
    if (this.#starting === null) return;
    this.#isInTheWay = true;
    if (this.#keeper?.busy === false) this.close();
  }

  /** It ends what still runs. */
  close(): void {
    this.#over = true;
    this.#closing.abort();
    this.#keeper?.close();
  }

  async #start(): Promise<Keeper | null> {
    const { openShell, withinMs, onFallback } = this.options;
    try {
      const shell = await openShell(KEEPER_BOOT, this.#closing.signal);
      const keeper = await Keeper.start(shell, withinMs, () => {
        if (this.#isInTheWay) this.close();
      });
      if (this.#over) {
        keeper.close();
        return null;
      }
      this.#keeper = keeper;
      void keeper.gone.then((why) => {
        if (!this.#over) onFallback(why.message);
        this.#over = true;
      });
      return keeper;
    } catch (error) {
      if (!this.#over) onFallback(error instanceof Error ? error.message : String(error));
      this.#over = true;
      return null;
    }
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      resolve(null);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    work
      .finally(() => {
        signal.removeEventListener('abort', onAbort);
      })
      .then(resolve, reject);
  });
}
