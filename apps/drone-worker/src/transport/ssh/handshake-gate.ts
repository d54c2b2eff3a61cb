/**
 * Admission to handshakes. Each costs this worker and the server tens of milliseconds of
 * computing, and sshd turns connections away when too many are unauthenticated at once
 * (sshd_config(5), MaxStartups: from 10 on at random). So there is a limit for the worker, and
 * learned ones for each address and for each server, since one server may have many addresses.
 */
import { LearnedLimit } from './learned-limit.js';
import type { SshPoolSettings } from './pool-options.js';

export type GateLimits = Pick<SshPoolSettings, 'maxHandshakes' | 'maxHandshakesPerAddress'>;

/** Leave to do one handshake. Each method may be called once. */
export interface Pass {
  /** The server is slow to say anything: it stops counting against the worker's limit. */
  stalled(): void;
  /** `taken`: authenticated; `busy`: turned away for now; `failed`: for good, which teaches nothing. */
  done(how: 'taken' | 'busy' | 'failed'): void;
}

interface Waiter {
  readonly address: string;
  readonly server: string | null;
  readonly admit: (pass: Pass) => void;
}

export class HandshakeGate {
  readonly #worker: LearnedLimit;
  readonly #addresses = new Map<string, LearnedLimit>();
  readonly #servers = new Map<string, LearnedLimit>();
  readonly #waiting = new Set<Waiter>();

  constructor(private readonly limits: GateLimits) {
    this.#worker = new LearnedLimit(limits.maxHandshakes, limits.maxHandshakes);
  }

  /**
   * Resolves with a pass, first come first served among those that their limits let through, or
   * with null once `signal` is aborted. `server` tells servers apart that are known to be
   * the same machine under several addresses; null when that is not known.
   */
  enter(address: string, server: string | null, signal: AbortSignal): Promise<Pass | null> {
    if (signal.aborted) return Promise.resolve(null);
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#waiting.delete(waiter);
        resolve(null);
      };
      const admit = (pass: Pass) => {
        signal.removeEventListener('abort', onAbort);
        resolve(pass);
      };
      const waiter: Waiter = { address, server, admit };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
      this.#admit();
    });
  }

  #admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.#worker.hasRoom) return;
      const { maxHandshakes, maxHandshakesPerAddress: start } = this.limits;
      const own = [limitOf(this.#addresses, waiter.address, start, start)];
      if (waiter.server !== null) {
        own.push(limitOf(this.#servers, waiter.server, start, maxHandshakes));
      }
      if (!own.every((limit) => limit.hasRoom)) continue;
      this.#waiting.delete(waiter);
      waiter.admit(this.#pass(waiter, own));
    }
  }

  #pass({ address, server }: Waiter, own: readonly LearnedLimit[]): Pass {
    for (const limit of [this.#worker, ...own]) limit.enter();
    let counts = true;
    const stopCounting = () => {
      if (counts) this.#worker.leave();
      counts = false;
    };
    return {
      stalled: () => {
        stopCounting();
        this.#admit();
      },
      done: (how) => {
        stopCounting();
        for (const limit of own) {
          if (how === 'busy') {
            limit.refused();
            continue;
          }
          if (how === 'taken') limit.accepted();
          limit.leave();
        }
        forget(this.#addresses, address);
        if (server !== null) forget(this.#servers, server);
        this.#admit();
      },
    };
  }
}

function limitOf(
  limits: Map<string, LearnedLimit>,
  name: string,
  start: number,
  cap: number,
): LearnedLimit {
  const limit = limits.get(name) ?? new LearnedLimit(start, cap);
  limits.set(name, limit);
  return limit;
}

function forget(limits: Map<string, LearnedLimit>, name: string): void {
  if (limits.get(name)?.isForgettable === true) limits.delete(name);
}
