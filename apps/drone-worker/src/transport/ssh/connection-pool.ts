/**
 * The SSH connections of one worker. They are kept between batches, since a handshake costs
 * more than everything else that Muster does with a drone.
 */
import type { Connected, ConnectFailure, Session } from '../transport.js';
import { gaveUp, onTheWay } from './connect-failure.js';
import { ConnectionRoom } from './connection-room.js';
import { Connector } from './connector.js';
import { KeptConnection, type Keeping } from './kept-connection.js';
import { withDefaults, type SshPoolOptions } from './pool-options.js';
import { SharedAttempt } from './shared-attempt.js';
import type { SshTarget } from './ssh-target.js';

export interface SshPoolStats {
  /** Authenticated connections, idle ones included. */
  readonly connections: number;
  /** Connections without a session. */
  readonly idle: number;
  /** Targets being connected to, waiting ones included. */
  readonly connecting: number;
}

/** How long a kept connection may take to prove that it is still alive before it is replaced. */
const PROBE_MS = 1_000;

/** How long it may take to make another connection, milliseconds. */
const ANOTHER_MS = 10_000;

/** A session, and the connection that it is on. */
type Borrowed =
  | { readonly ok: true; readonly kept: KeptConnection; readonly session: Session }
  | { readonly ok: false; readonly failure: ConnectFailure };

type Attempt =
  | { readonly ok: true; readonly kept: KeptConnection }
  | { readonly ok: false; readonly failure: ConnectFailure };

export class SshConnectionPool {
  readonly #keeping: Omit<Keeping, 'another'>;
  readonly #connector: Connector;
  readonly #room: ConnectionRoom;
  readonly #open = new Set<KeptConnection>();
  /** The connections that new sessions may use; idle ones in the order in which they became idle. */
  readonly #shared = new Map<string, KeptConnection>();
  readonly #connecting = new Map<string, SharedAttempt<Attempt>>();
  #closed: Promise<void> | null = null;

  constructor(options: SshPoolOptions = {}) {
    const settings = withDefaults(options);
    const { idleMs, openTimeoutMs, onFallback } = settings;
    this.#keeping = {
      idleMs,
      openTimeoutMs,
      onFallback,
      onIdle: (kept) => {
        this.#becameIdle(kept);
      },
    };
    this.#room = new ConnectionRoom(settings.maxConnections, () => this.#evictIdle());
    this.#connector = new Connector(settings);
  }

  stats(): SshPoolStats {
    const idle = [...this.#open].filter(({ isIdle }) => isIdle).length;
    return { connections: this.#open.size, idle, connecting: this.#connecting.size };
  }

  /** Channels on all connections that are open or being opened. */
  get channels(): number {
    let channels = 0;
    for (const { connection } of this.#open) channels += connection.slots.inUse;
    return channels;
  }

  /** A session for `target` is to be had without a word to the server. */
  isAtHand(target: SshTarget): boolean {
    return this.#shared.get(keyOf(target))?.connection.isFresh === true;
  }

  /**
   * A session on a kept connection if there is a living one, else on a new one. Who asks while
   * the same target is already being connected to gets that attempt's outcome, timeout included.
   */
  async acquire(target: SshTarget, timeoutMs: number, signal: AbortSignal): Promise<Connected> {
    const borrowed = await this.#borrow(target, timeoutMs, signal);
    return borrowed.ok ? { ok: true, session: borrowed.session } : borrowed;
  }

  async #borrow(target: SshTarget, timeoutMs: number, signal: AbortSignal): Promise<Borrowed> {
    const key = keyOf(target);
    const kept = this.#shared.get(key);
    if (kept !== undefined) {
      const session = kept.lend();
      const alive = await kept.connection.isAlive(Math.min(PROBE_MS, timeoutMs), signal);
      if (alive) return { ok: true, kept, session };
      this.#stopSharing(kept);
      session.release();
    }
    if (signal.aborted || this.#closed !== null) return { ok: false, failure: gaveUp(target) };
    const attempt = this.#connecting.get(key) ?? this.#start(key, target, timeoutMs);
    return attempt.join<Borrowed>(
      signal,
      (result) => (result.ok ? { ...result, session: result.kept.lend() } : result),
      () => ({ ok: false, failure: gaveUp(target) }),
    );
  }

  /** Ends all connections and attempts; resolves once they are closed. May be called again. */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    await Promise.all([...this.#connecting.values()].map((attempt) => attempt.cancel()));
    await Promise.all([...this.#open].map(({ connection }) => connection.end()));
  }

  #start(key: string, target: SshTarget, timeoutMs: number): SharedAttempt<Attempt> {
    const attempt = new SharedAttempt<Attempt>(
      (signal) => this.#connect(key, target, timeoutMs, signal),
      () => {
        if (this.#connecting.get(key) === attempt) this.#connecting.delete(key);
      },
    );
    this.#connecting.set(key, attempt);
    return attempt;
  }

  async #connect(
    key: string,
    target: SshTarget,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const { jump } = target;
    const begin = performance.now();
    // The way comes first: who waits for it must not take the room that it needs.
    const way = jump && (await this.#borrow(jump, timeoutMs, signal));
    if (jump && way?.ok === false) return { ok: false, failure: onTheWay(jump, way.failure) };
    const hop = way?.ok === true ? way : undefined;
    const connected = await this.#enter(
      target,
      timeoutMs - (performance.now() - begin),
      signal,
      hop?.kept,
    );
    if (!connected.ok) {
      hop?.session.release();
      return connected;
    }
    void connected.connection.closed.then(() => hop?.session.release());
    const another = (silent: KeptConnection, giveUp: AbortSignal) =>
      this.#another(silent, target, giveUp);
    const kept = new KeptConnection(key, connected.connection, { ...this.#keeping, another });
    this.#open.add(kept);
    this.#shared.set(key, kept);
    kept.connection.onLoss(() => {
      this.#open.delete(kept);
      this.#stopSharing(kept);
      this.#room.leave();
    });
    return { ok: true, kept };
  }

  async #enter(
    target: SshTarget,
    timeoutMs: number,
    signal: AbortSignal,
    hop: KeptConnection | undefined,
  ): ReturnType<Connector['connect']> {
    if (!(await this.#room.enter(signal))) return { ok: false, failure: gaveUp(target) };
    const connected = await this.#connector.connect(target, timeoutMs, signal, hop?.connection);
    if (!connected.ok) this.#room.leave();
    return connected;
  }

  /** A session over a connection that is not `silent`, which no new session gets from now on. */
  async #another(
    silent: KeptConnection,
    target: SshTarget,
    signal: AbortSignal,
  ): Promise<Session | null> {
    this.#stopSharing(silent);
    const connected = await this.acquire(target, ANOTHER_MS, signal);
    return connected.ok ? connected.session : null;
  }

  #becameIdle(kept: KeptConnection): void {
    if (this.#shared.get(kept.key) !== kept) {
      void kept.connection.end();
      return;
    }
    this.#shared.delete(kept.key);
    this.#shared.set(kept.key, kept);
    this.#room.wakeOne();
  }

  #stopSharing(kept: KeptConnection): void {
    if (this.#shared.get(kept.key) === kept) this.#shared.delete(kept.key);
  }

  #evictIdle(): boolean {
    const longestIdle = [...this.#shared.values()].find(({ isIdle }) => isIdle);
    void longestIdle?.connection.end();
    return longestIdle !== undefined;
  }
}

const keys = new WeakMap<SshTarget, string>();

/** Sessions may share a connection when all that decides on its security is the same. */
function keyOf(target: SshTarget): string {
  let key = keys.get(target);
  if (key === undefined) {
    const { jump, ...own } = target;
    const decides = Object.entries({ ...own, drone: undefined }).sort();
    key = JSON.stringify([decides, jump === undefined ? null : keyOf(jump)]);
    keys.set(target, key);
  }
  return key;
}
