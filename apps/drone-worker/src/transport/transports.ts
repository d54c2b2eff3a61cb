/** Gives each drone its transport. */
import { resolveSshTarget, type DroneEntry } from '@muster/fleet';
import { localTransport } from './local.js';
import { createSshTransport, type SshConnectionPool } from './ssh/index.js';
import type { Transport } from './transport.js';

export function transportFor(drone: DroneEntry, pool: SshConnectionPool): Transport {
  switch (drone.transport) {
    case 'local':
    case 'agent':
      return localTransport;
    case 'ssh':
      return createSshTransport(pool, resolveSshTarget(drone));
  }
}
