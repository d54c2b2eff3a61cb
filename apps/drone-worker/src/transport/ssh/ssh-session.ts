/** One batch's use of a connection. */
import { SessionLostError, type Shell } from '../shell.js';
import type { OpenedFiles, Session } from '../transport.js';
import type { Keeper } from '../../keeper/keeper.js';
import type { ProcessStarters, StartProcess } from '../../process/process-starters.js';
import type { SshConnection } from './connection.js';
import { openSftpChannel } from './sftp-channel.js';
import { openShellChannel } from './shell-channel.js';

export interface SessionOptions {
  /** How long the server may take to open a channel, milliseconds. */
  readonly openTimeoutMs: number;
  /** The connection's. */
  readonly starters: ProcessStarters;
  /** A session over another connection to the same server, if there is one to be had. */
  readonly another: (signal: AbortSignal) => Promise<Session | null>;
  /** Gives the connection back to the pool. */
  readonly onRelease: () => void;
}

export class SshSession implements Session {
  readonly sharesClock = false;
  /** Channels that are open, or being opened. */
  #channels = 0;
  #released = false;

  constructor(
    private readonly connection: SshConnection,
    private readonly options: SessionOptions,
  ) {}

  async openShell(script: string, signal: AbortSignal): Promise<Shell> {
    const { connection, options } = this;
    const open = () => openShellChannel(connection, script, options.openTimeoutMs, signal);
    const { channel, over } = await this.#open(open);
    channel.exited.then(over, over);
    const close = () => {
      channel.close();
      over();
    };
    return { ...channel, close };
  }

  starter(signal: AbortSignal, hasInput: boolean): Promise<StartProcess | null> {
    return this.options.starters.get(signal, hasInput);
  }

  startedKeeper(): Keeper | null {
    return this.options.starters.keeper;
  }

  async openFiles(signal: AbortSignal): Promise<OpenedFiles> {
    const { connection, options } = this;
    const open = () => openSftpChannel(connection, options.openTimeoutMs, signal);
    const { channel, over } = await this.#open(open);
    const close = () => {
      channel.close();
      over();
    };
    return { files: channel, close };
  }

  another(signal: AbortSignal): Promise<Session | null> {
    return this.options.another(signal);
  }

  /** The connection goes back once the last channel has ended or is closed: what ends a call may outlive its batch. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.#channels === 0) this.options.onRelease();
  }

  /** Opens a channel; `over` is to be called when it is of no more use. */
  async #open<Channel>(
    open: () => Promise<Channel>,
  ): Promise<{ channel: Channel; over: () => void }> {
    if (this.#released) throw new SessionLostError('the session was given back');
    this.#channels += 1;
    const over = once(() => {
      this.#oneLess();
    });
    try {
      return { channel: await open(), over };
    } catch (error) {
      over();
      throw error;
    }
  }

  #oneLess(): void {
    this.#channels -= 1;
    if (this.#released && this.#channels === 0) this.options.onRelease();
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
