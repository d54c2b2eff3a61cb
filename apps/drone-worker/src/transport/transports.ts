/** Gives each drone its transport. */
import { resolveSshTarget, SshConfig, type DroneEntry } from '@muster/fleet';
import { localTransport } from './local.js';
import { createSshTransport, type SshConnectionPool } from './ssh/index.js';
import type { Transport } from './transport.js';

/** @throws InvalidInputError when what is configured for the drone makes no sense. */
export type TransportOf = (drone: DroneEntry) => Transport;

/**
 * `droneOf` gives the fleet's drones, one of which may be the way to another. The SSH
 * configuration is read once, when the first drone needs it.
 */
export function createTransports(
  pool: SshConnectionPool,
  droneOf: (name: string) => DroneEntry | undefined,
): TransportOf {
  let config: SshConfig | undefined;
  return (drone) => {
    switch (drone.transport) {
      case 'local':
      case 'agent':
        return localTransport;
      case 'ssh':
        config ??= SshConfig.load();
        return createSshTransport(pool, resolveSshTarget(drone, { config, droneOf }));
    }
  };
}
