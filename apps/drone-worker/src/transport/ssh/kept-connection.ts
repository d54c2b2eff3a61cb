import type { Session } from '../transport.js';
import type { SshConnection } from './connection.js';
import { SshSession } from './ssh-session.js';

export interface Keeping {
  /** How long to keep the connection without a session, milliseconds. */
  readonly idleMs: number;
  /** How long the server may take to open a shell, milliseconds. */
  readonly openTimeoutMs: number;
  /** The last session was given back. */
  readonly onIdle: (kept: KeptConnection) => void;
  /** A session over another connection than this one, which says nothing. */
  readonly another: (kept: KeptConnection, signal: AbortSignal) => Promise<Session | null>;
}

/** A connection, and the sessions that share it. Without any it ends after a while. */
export class KeptConnection {
  #sessions = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(
    /** Whose sessions may share it. */
    readonly key: string,
    readonly connection: SshConnection,
    private readonly keeping: Keeping,
  ) {
    connection.onLoss(() => {
      clearTimeout(this.#idleTimer);
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
    return new SshSession(this.connection, { openTimeoutMs, another, onRelease });
  }

  #becameIdle(): void {
    if (this.connection.loss !== null) return;
    this.#idleTimer = setTimeout(() => void this.connection.end(), this.keeping.idleMs);
    this.keeping.onIdle(this);
  }
}
