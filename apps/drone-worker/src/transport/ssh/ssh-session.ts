/** One batch's use of a connection. */
import { SessionLostError, type Session, type Shell } from '../transport.js';
import type { SshConnection } from './connection.js';
import { openShellChannel } from './shell-channel.js';

export interface SessionOptions {
  /** How long the server may take to open a shell, milliseconds. */
  readonly openTimeoutMs: number;
  /** Gives the connection back to the pool. */
  readonly onRelease: () => void;
}

export class SshSession implements Session {
  readonly sharesClock = false;
  readonly #shells = new Set<Shell>();
  #released = false;

  constructor(
    private readonly connection: SshConnection,
    private readonly options: SessionOptions,
  ) {}

  async openShell(script: string, signal: AbortSignal): Promise<Shell> {
    if (this.#released) throw new SessionLostError('the session was given back');
    const { connection, options } = this;
    return this.#adopt(await openShellChannel(connection, script, options.openTimeoutMs, signal));
  }

  /** Closes the shells that are still open, too: a kept connection has room for a few channels only. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const shell of this.#shells) shell.close();
    this.options.onRelease();
  }

  /** The session may have been given back while the shell was being opened. */
  #adopt(shell: Shell): Shell {
    if (this.#released) shell.close();
    else this.#shells.add(shell);
    return shell;
  }
}
