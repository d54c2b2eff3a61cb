/** Gives each drone its transport. */
import { resolveSshTarget, SshConfig, type DroneEntry } from '@muster/fleet';
import type { Logger } from '@muster/runtime';
import { LocalTransport } from './local.js';
import {
  createSshTransport,
  SshConnectionPool,
  type SshPoolOptions,
  type SshPoolStats,
} from './ssh/index.js';
import type { Transport } from './transport.js';

/** @throws InvalidInputError when what is configured for the drone makes no sense. */
type TransportOf = (drone: DroneEntry) => Transport;

export interface Transports {
  readonly of: TransportOf;
  stats(): SshPoolStats;
  /** SSH channels that are open or being opened. */
  channels(): number;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * `droneOf` gives the fleet's drones, one of which may be the way to another. The SSH
 * configuration is read once, when the first drone needs it.
 */
export function createTransports(
  droneOf: (name: string) => DroneEntry | undefined,
  log: Logger,
  options: SshPoolOptions = {},
): Transports {
  const onFallback = (where: string, why: string) => {
    log.info({ where, why }, 'no keeper on the drone: shells start the calls');
  };
  const pool = new SshConnectionPool({ onFallback, ...options });
  const local = new LocalTransport((why) => {
    onFallback('localhost', why);
  });
  let config: SshConfig | undefined;
  const known = new WeakMap<DroneEntry, Transport>();
  const make = (drone: DroneEntry) => {
    switch (drone.transport) {
      case 'local':
      case 'agent':
        return local;
      case 'ssh':
        config ??= SshConfig.load();
        return createSshTransport(pool, resolveSshTarget(drone, { config, droneOf }));
    }
  };
  return {
    of: (drone) => {
      const transport = known.get(drone) ?? make(drone);
      known.set(drone, transport);
      return transport;
    },
    stats: () => pool.stats(),
    channels: () => pool.channels,
    close: async () => {
      local.close();
      await pool.close();
    },
  };
}
