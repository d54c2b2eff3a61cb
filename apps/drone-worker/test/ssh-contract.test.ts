import { startSshdLab, type SshdLab } from '@muster/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { createSshTransport, SshConnectionPool } from '../src/transport/ssh/index.js';
import { SessionLostError } from '../src/transport/shell.js';
import type { Session } from '../src/transport/transport.js';
import { withKeeper, withKeptShells, withoutKeeper } from './ways-to-start.js';
import { describeMethods } from './methods.suite.js';
import { describeTransport } from './transport.suite.js';

let lab: SshdLab;
let pool: SshConnectionPool;

beforeAll(async () => {
  lab = await startSshdLab({ targets: 1 });
  pool = new SshConnectionPool();
});
afterAll(async () => {
  await pool.close();
  await lab.stop();
});

async function connect(): Promise<Session> {
  const [target] = lab.targets;
  if (target === undefined) throw new Error('the lab has no target');
  const transport = createSshTransport(pool, {
    drone: target.name,
    address: target.address,
    port: target.port,
    user: lab.user,
    identityFiles: [lab.identityFile],
    knownHosts: [lab.knownHostsFile],
    hostKeyPolicy: 'strict',
  });
  const connected = await transport.connect(20_000, new AbortController().signal);
  if (!connected.ok) throw new Error(connected.failure.message);
  return connected.session;
}

describeTransport('ssh, a shell for each', withoutKeeper(connect));
describeTransport('ssh, with the keeper', withKeeper(connect));
describeTransport('ssh, with kept shells', withKeptShells(connect));
describeTransport('ssh, with kept bash', withKeptShells(connect, 'bash'));
describeTransport('ssh, with kept busybox', withKeptShells(connect, 'busybox sh'));
describeMethods('ssh', connect, async (session) => {
  await lab.killConnections();
  // Nor may the next test be given a connection that is about to be found dead.
  const shell = session.openShell('exec cat', new AbortController().signal);
  await expect(shell.then(({ exited }) => exited)).rejects.toThrow(SessionLostError);
});
