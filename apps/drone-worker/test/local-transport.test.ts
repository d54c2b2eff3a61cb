import { localTransport } from '../src/transport/local.js';
import type { Session } from '../src/transport/transport.js';
import { describeMethods } from './methods.suite.js';
import { describeTransport } from './transport.suite.js';

async function connect(): Promise<Session> {
  const connected = await localTransport.connect(1_000, new AbortController().signal);
  if (!connected.ok) throw new Error(connected.failure.message);
  return connected.session;
}

describeTransport('local', connect);
// There is no connection to lose: tests/faults has the worker killed.
describeMethods('local', connect, () => Promise.resolve());
