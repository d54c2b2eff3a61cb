/** The kept shells of one connection. */
import { BOOT } from '../process/start-order.js';
import { SessionLostError, type Shell } from '../transport/shell.js';
import { KeptShell } from './kept-shell.js';

/** So many are kept while nothing runs in them: a drone rarely has more than a batch or two at once. */
const IDLE = 4;

export class KeptShells {
  readonly #all = new Set<KeptShell>();
  readonly #idle: KeptShell[] = [];
  /** Who waits for one; the longest first. */
  readonly #wanting = new Set<Wanting>();
  /** The drone has not what it takes. */
  #isOver = false;
  readonly #closing = new AbortController();

  constructor(
    /** Opens a shell that is not of any one session. */
    private readonly openShell: (script: string, signal: AbortSignal) => Promise<Shell>,
    /** Whether a channel is wanted for something else. */
    private readonly isShort: () => boolean,
  ) {}

  /**
   * One that is idle, or becomes so while another is being opened, or that one; null where there
   * is none to be had. Rejects with SessionLostError.
   */
  async get(signal: AbortSignal): Promise<KeptShell | null> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop())
      if (idle.isThere) return idle;
    if (this.#isOver) return null;
    const opening = new AbortController();
    const wanting = new Wanting();
    this.#wanting.add(wanting);
    let got: KeptShell | null = null;
    try {
      const until = AbortSignal.any([signal, opening.signal, this.#closing.signal]);
      got = await Promise.race([wanting.given, this.#open(until)]);
      return got;
    } finally {
      this.#wanting.delete(wanting);
      opening.abort();
      // Both came at once.
      if (wanting.shell !== null && wanting.shell !== got) this.#becameIdle(wanting.shell);
    }
  }

  async #open(until: AbortSignal): Promise<KeptShell | null> {
    const shell = await KeptShell.start(await this.openShell(BOOT, until), until);
    if (shell === null) {
      this.#isOver = true;
      return null;
    }
    this.#all.add(shell);
    shell.onLoss = () => {
      this.#all.delete(shell);
    };
    shell.onIdle = () => {
      this.#becameIdle(shell);
    };
    if (!until.aborted) return shell;
    this.#becameIdle(shell);
    throw new SessionLostError('the shell is not wanted any more');
  }

  #becameIdle(shell: KeptShell): void {
    const [first] = this.#wanting;
    if (this.#closing.signal.aborted) shell.close();
    else if (first !== undefined) {
      this.#wanting.delete(first);
      first.give(shell);
    } else if (this.isShort() || this.#idle.length >= IDLE) shell.close();
    else this.#idle.push(shell);
  }

  /** Gives an idle one's channel back; false when none is idle. */
  makeWay(): boolean {
    const idle = this.#idle.pop();
    idle?.close();
    return idle !== undefined;
  }

  /** They end what still runs. */
  close(): void {
    this.#closing.abort();
    for (const shell of this.#all) shell.close();
  }
}

class Wanting {
  shell: KeptShell | null = null;
  give: (shell: KeptShell) => void = () => undefined;
  readonly given = new Promise<KeptShell>((resolve) => {
    this.give = (shell) => {
      this.shell = shell;
      resolve(shell);
    };
  });
}
