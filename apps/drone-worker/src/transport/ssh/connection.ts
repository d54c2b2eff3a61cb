/** One authenticated SSH connection, shared by any number of sessions. */
import type { Duplex } from 'node:stream';
import type { Client, ClientCallback, ClientSFTPCallback } from 'ssh2';
import { SessionLostError } from '../shell.js';
import { ChannelSlots } from './channel-slots.js';

/** A server that was heard from so lately needs no probe before the connection is used again. */
const FRESH_MS = 1_000;
/** How long a closing connection may take to say goodbye. */
const GOODBYE_MS = 1_000;

export class SshConnection {
  /** The server's limit of channels, as far as it is known. */
  readonly slots = new ChannelSlots();
  /** Said by a server that offers no SFTP: it need not be asked again. */
  sftpDenial: Error | null = null;
  /** Resolves once the socket is closed. */
  readonly closed: Promise<void>;
  readonly #lossListeners = new Set<(error: SessionLostError) => void>();
  #loss: SessionLostError | null = null;
  #lastError: Error | null = null;
  #heardAt = performance.now();

  /** Takes over a client that is ready. `where` is the endpoint, for messages. */
  constructor(
    readonly where: string,
    private readonly client: Client,
    private readonly socket: Duplex,
  ) {
    client.on('error', (error) => {
      this.#lastError = error;
    });
    this.closed = new Promise((resolve) => {
      client.on('close', () => {
        const why = this.#lastError === null ? 'the server closed it' : this.#lastError.message;
        this.#lose(new SessionLostError(`connection to ${where} was lost: ${why}`));
        resolve();
      });
    });
    socket.on('data', () => {
      this.#heardAt = performance.now();
    });
  }

  /** Why the connection is of no more use, or null while it is. */
  get loss(): SessionLostError | null {
    return this.#loss;
  }

  /** Calls back once, when a connection that is not lost yet is lost or ended. Returns how to stop listening. */
  onLoss(listener: (error: SessionLostError) => void): () => void {
    this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  /** It was heard from so lately that nobody need ask whether it still lives. */
  get isFresh(): boolean {
    return this.#loss === null && performance.now() - this.#heardAt < FRESH_MS;
  }

  /**
   * False when the server does not answer within `withinMs` milliseconds, or until `signal` aborts. A kept connection may
   * have died unnoticed since the last keep-alive: the drone restarted, or a firewall forgot it.
   */
  isAlive(withinMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#loss !== null) return Promise.resolve(false);
    if (this.isFresh) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (alive: boolean) => {
        clearTimeout(timer);
        stopListening();
        signal.removeEventListener('abort', onSilence);
        resolve(alive);
      };
      const onSilence = () => {
        settle(false);
      };
      const timer = setTimeout(onSilence, withinMs);
      const stopListening = this.onLoss(onSilence);
      signal.addEventListener('abort', onSilence, { once: true });
      // Any global request is answered, and in order; undoing a forwarding that was never asked
      // for is the harmless one among those that ssh2 lets us send.
      this.#ask(() => this.client.unforwardIn('', 0, settle.bind(null, true)));
    });
  }

  /** Starts a command on a channel of its own; a loss is told to whom listens for it. */
  exec(command: string, callback: ClientCallback): void {
    this.#ask(() => this.client.exec(command, callback));
  }

  /** Starts SFTP on a channel of its own; a loss is told to whom listens for it. */
  sftp(callback: ClientSFTPCallback): void {
    this.#ask(() => this.client.sftp(callback));
  }

  /**
   * A connection from the server to another host.
   * Rejects with what the server says (its `reason` is RFC 4254's), or with SessionLostError.
   */
  forward(host: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      if (this.#loss !== null) {
        reject(this.#loss);
        return;
      }
      const stopListening = this.onLoss(reject);
      this.#ask(() =>
        this.client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
          stopListening();
          if (error) reject(error);
          else if (this.#loss !== null) channel.destroy();
          else resolve(channel);
        }),
      );
    });
  }

  /** Cuts the connection: everyone on it gets `error`. */
  drop(error: SessionLostError): void {
    this.#lose(error);
    this.socket.destroy();
  }

  /** Ends the connection in good order; resolves once it is closed, in a second at most. */
  async end(): Promise<void> {
    this.#lose(new SessionLostError(`connection to ${this.where} was closed by this worker`));
    this.client.end();
    const timer = setTimeout(() => this.socket.destroy(), GOODBYE_MS);
    await this.closed;
    clearTimeout(timer);
  }

  /** ssh2 throws when the socket is already closing; that it is closed comes as an event later. */
  #ask(request: () => void): void {
    try {
      request();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.drop(new SessionLostError(`connection to ${this.where} was lost: ${why}`));
    }
  }

  #lose(error: SessionLostError): void {
    if (this.#loss !== null) return;
    this.#loss = error;
    this.slots.close(error);
    for (const listener of this.#lossListeners) listener(error);
    this.#lossListeners.clear();
  }
}
