/** The SSH transport: drones reached over SSH, on connections that are kept between batches. */
export { SshConnectionPool, type SshPoolStats } from './connection-pool.js';
export type { SshPoolOptions } from './pool-options.js';
export type { SshTarget } from './ssh-target.js';
export { createSshTransport } from './ssh-transport.js';
