import type { Transport } from '../transport.js';
import type { SshConnectionPool } from './connection-pool.js';
import type { SshTarget } from './ssh-target.js';

/** The way to one drone over SSH, on the worker's pool of connections. */
export function createSshTransport(pool: SshConnectionPool, target: SshTarget): Transport {
  const { address, port } = target;
  return {
    server: { address, port },
    isAtHand: () => pool.isAtHand(target),
    connect: (timeoutMs, signal) => pool.acquire(target, timeoutMs, signal),
  };
}
