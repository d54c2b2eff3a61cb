/** dropbear, which small machines have in OpenSSH's place, keeps the same contract. */
import { startDropbear, type Dropbear } from '@muster/testing';
import { afterAll, beforeAll } from 'vitest';
import { createSshTransport, SshConnectionPool } from '../src/transport/ssh/index.js';
import type { Session } from '../src/transport/transport.js';
import { withKeeper, withKeptShells, withoutKeeper } from './ways-to-start.js';
import { describeTransport } from './transport.suite.js';

let server: Dropbear;
let pool: SshConnectionPool;

beforeAll(async () => {
  server = await startDropbear();
  pool = new SshConnectionPool({ agentSocket: null });
});
afterAll(async () => {
  await pool.close();
  await server.stop();
});

async function connect(): Promise<Session> {
  const { address, port, user, identityFile, knownHostsFile } = server;
  const transport = createSshTransport(pool, {
    ...{ drone: 'small', address, port, user, hostKeyPolicy: 'strict' },
    identityFiles: [identityFile],
    knownHosts: [knownHostsFile],
  });
  const connected = await transport.connect(20_000, new AbortController().signal);
  if (!connected.ok) throw new Error(connected.failure.message);
  return connected.session;
}

describeTransport('dropbear, a shell for each', withoutKeeper(connect));
describeTransport('dropbear, with the keeper', withKeeper(connect));
describeTransport('dropbear, with kept shells', withKeptShells(connect));
