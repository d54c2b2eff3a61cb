import type { Session } from '../transport.js';
import type { SshConnection } from './connection.js';
import { KeptKeeper } from '../../keeper/kept-keeper.js';
import { openShellChannel } from './shell-channel.js';
import { SshSession } from './ssh-session.js';

export interface Keeping {
  /** How long to keep the connection without a session, milliseconds. */
  readonly idleMs: number;
  /** How long the server may take to open a shell, milliseconds. */
  readonly openTimeoutMs: number;
  /** The server gives no keeper, or its keeper has ended. */
  readonly onFallback: (where: string, why: string) => void;
  /** The last session was given back. */
  readonly onIdle: (kept: KeptConnection) => void;
  /** A session over another connection than this one, which says nothing. */
  readonly another: (kept: KeptConnection, signal: AbortSignal) => Promise<Session | null>;
}

/** A connection, and the sessions that share it. Without any it ends after a while. */
export class KeptConnection {
  #sessions = 0;
  readonly #keeper: KeptKeeper;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(
    /** Whose sessions may share it. */
    readonly key: string,
    readonly connection: SshConnection,
    private readonly keeping: Keeping,
  ) {
    const { openTimeoutMs, onFallback } = keeping;
    this.#keeper = new KeptKeeper({
      openShell: (script, signal) => openShellChannel(connection, script, openTimeoutMs, signal),
      withinMs: openTimeoutMs,
      onFallback: (why) => {
        onFallback(connection.where, why);
      },
    });
    connection.slots.onShortage = () => {
      this.#keeper.makeWay();
    };
    connection.onLoss(() => {
      clearTimeout(this.#idleTimer);
      this.#keeper.close();
    });
  }

  get isIdle(): boolean {
    return this.#sessions === 0;
  }

  lend(): Session {
    clearTimeout(this.#idleTimer);
    this.#sessions += 1;
    const { openTimeoutMs } = this.keeping;
    const another = (signal: AbortSignal) => this.keeping.another(this, signal);
    const onRelease = () => {
      this.#sessions -= 1;
      if (this.isIdle) this.#becameIdle();
    };
    const keeper = this.#keeper;
    return new SshSession(this.connection, { openTimeoutMs, keeper, another, onRelease });
  }

  #becameIdle(): void {
    if (this.connection.loss !== null) return;
    this.#idleTimer = setTimeout(() => void this.connection.end(), this.keeping.idleMs);
    this.keeping.onIdle(this);
  }
}
