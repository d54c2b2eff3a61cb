import { afterAll } from 'vitest';
import { LocalTransport } from '../src/transport/local.js';
import type { Session } from '../src/transport/transport.js';
import { withKeeper, withoutKeeper } from './ways-to-start.js';
import { describeMethods } from './methods.suite.js';
import { describeTransport } from './transport.suite.js';

const localTransport = new LocalTransport();
afterAll(() => {
  localTransport.close();
});

async function connect(): Promise<Session> {
  const connected = await localTransport.connect();
  if (!connected.ok) throw new Error(connected.failure.message);
  return connected.session;
}

describeTransport('local, a shell for each', withoutKeeper(connect));
describeTransport('local, with the keeper', withKeeper(connect));
// There is no connection to lose: tests/faults has the worker killed.
describeMethods('local', connect, () => Promise.resolve());
