export { startClosingServer, startSilentServer, startTcpProxy } from './odd-servers.js';
export type { OddServer, TcpProxy } from './odd-servers.js';
export { hashKnownHosts, makeSshKey, type SshKeyType } from './ssh-keygen.js';
export { startSshdLab } from './sshd-lab.js';
export type { KnownHostsChanges, LabTarget, SshdLab, SshdLabOptions } from './sshd-lab.js';
export * from './muster-process.js';
export * from './scratch-dir.js';
export * from './test-redis.js';
