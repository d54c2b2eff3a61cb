/** What `muster dashboard` says of a host that it cannot use; nothing is opened for it. */
import { muster } from '@muster/testing';
import { expect, it } from 'vitest';

it.each([
  ['', /'--host <host>'.* Expected an address or a name of this machine, e\.g\. 127/],
  [
    'no such host',
    /^muster: --host no such host: no machine is known by this name; expected an address or a name of this one/,
  ],
])('--host %j is refused, with what was expected', async (host, message) => {
  const { code, stdout, stderr } = await muster([
    ...['dashboard', '--redis', 'redis://127.0.0.1:1', '--host', host],
  ]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
});
