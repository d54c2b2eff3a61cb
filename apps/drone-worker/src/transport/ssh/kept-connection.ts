import type { Session } from '../transport.js';
import type { SshConnection } from './connection.js';
import { ProcessStarters } from '../../process/process-starters.js';
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
  readonly #starters: ProcessStarters;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(
    /** Whose sessions may share it. */
    readonly key: string,
    readonly connection: SshConnection,
    private readonly keeping: Keeping,
  ) {
    const { openTimeoutMs, onFallback } = keeping;
    this.#starters = new ProcessStarters({
      openShell: (script, signal) => openShellChannel(connection, script, openTimeoutMs, signal),
      keeperMs: openTimeoutMs,
      isShort: () => connection.slots.isShort,
      onFallback: (why) => {
        onFallback(connection.where, why);
      },
    });
    connection.slots.onShortage = () => {
      this.#starters.makeWay(connection.slots.inUse <= 1);
    };
    connection.onLoss(() => {
      clearTimeout(this.#idleTimer);
      this.#starters.close();
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
    const starters = this.#starters;
    return new SshSession(this.connection, { openTimeoutMs, starters, another, onRelease });
  }

  #becameIdle(): void {
    if (this.connection.loss !== null) return;
    this.#idleTimer = setTimeout(() => void this.connection.end(), this.keeping.idleMs);
    this.keeping.onIdle(this);
  }
}
