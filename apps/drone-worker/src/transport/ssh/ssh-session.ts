/** One batch's use of a connection. */
import { SessionLostError, type Session, type Shell } from '../transport.js';
import type { SshConnection } from './connection.js';
import { openShellChannel } from './shell-channel.js';

export interface SessionOptions {
  /** How long the server may take to open a shell, milliseconds. */
  readonly openTimeoutMs: number;
  /** A session over another connection to the same server, if there is one to be had. */
  readonly another: (signal: AbortSignal) => Promise<Session | null>;
  /** Gives the connection back to the pool. */
  readonly onRelease: () => void;
}

export class SshSession implements Session {
  readonly sharesClock = false;
  /** Shells that are open, or being opened. */
  #shells = 0;
  #released = false;

  constructor(
    private readonly connection: SshConnection,
    private readonly options: SessionOptions,
  ) {}

  async openShell(script: string, signal: AbortSignal): Promise<Shell> {
    if (this.#released) throw new SessionLostError('the session was given back');
    const { connection, options } = this;
    this.#shells += 1;
    try {
      const shell = await openShellChannel(connection, script, options.openTimeoutMs, signal);
      const over = once(() => {
        this.#oneLess();
      });
      shell.exited.then(over, over);
      const close = () => {
        shell.close();
        over();
      };
      return { ...shell, close };
    } catch (error) {
      this.#oneLess();
      throw error;
    }
  }

  another(signal: AbortSignal): Promise<Session | null> {
    return this.options.another(signal);
  }

  /** The connection goes back once the last shell has ended or is closed: what ends a call may outlive its batch. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.#shells === 0) this.options.onRelease();
  }

  #oneLess(): void {
    this.#shells -= 1;
    if (this.#released && this.#shells === 0) this.options.onRelease();
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
