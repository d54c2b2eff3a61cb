import { localTransport } from '../src/transport/local.js';
import { describeTransport } from './transport.suite.js';

describeTransport('local', async () => {
  const connected = await localTransport.connect(1_000, new AbortController().signal);
  if (!connected.ok) throw new Error(connected.failure.message);
  return connected.session;
});
