export { Fleet } from './fleet.js';
export type { DroneEntry, DroneSettings } from './drone-entry.js';
export { loadFleet } from './load-fleet.js';
export { parseFleet } from './parse-fleet.js';
export { HOST_KEY_POLICIES, TRANSPORTS, type HostKeyPolicy, type Transport } from './settings.js';
export { resolveSshTarget, type SshTarget } from './ssh-target.js';
