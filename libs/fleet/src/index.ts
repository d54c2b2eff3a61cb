export { Fleet } from './fleet.js';
export type { DroneEntry, DroneSettings } from './drone-entry.js';
export { loadFleet } from './load-fleet.js';
export { parseFleet } from './parse-fleet.js';
export { HOST_KEY_POLICIES, TRANSPORTS, type HostKeyPolicy, type Transport } from './settings.js';
export { SshConfig } from './ssh-config.js';
export { resolveSshTarget, type SshTarget, type SshTargetSources } from './ssh-target.js';
