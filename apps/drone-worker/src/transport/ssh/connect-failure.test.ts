import { describe, expect, it } from 'vitest';
import { diagnose, timedOut, type Phase } from './connect-failure.js';

const target = {
  drone: 'lab001',
  address: 'lab001.example',
  port: 22,
  user: 'autotest',
  identityFiles: [],
  knownHosts: [],
  hostKeyPolicy: 'strict',
} as const;

const at = (phase: Phase, error: Error | null = null, greeting = '') => {
  return { target, phase, error, greeting };
};
const socketError = (code: string) => {
  return Object.assign(new Error('free text'), { level: 'client-socket', code });
};
const disconnect = (code: number) => Object.assign(new Error('Too many\nfailures'), { code });

describe('a failure to connect', () => {
  it.each([
    ['ECONNREFUSED', 'connect', 'connection refused'],
    ['ENOTFOUND', 'connect', 'no such host: lab001.example'],
    ['EAI_AGAIN', 'connect', 'no such host: lab001.example (the name server does not answer)'],
    ['EHOSTUNREACH', 'connect', 'no route to the host'],
    ['ENETUNREACH', 'connect', 'no route to the host'],
    ['ETIMEDOUT', 'connect', 'connect timed out'],
    ['ECONNRESET', 'connect', 'connection reset'],
    ['ECONNRESET', 'key exchange', 'the server closed the connection during the key exchange'],
    ['EMFILE', 'connect', 'cannot connect: EMFILE'],
  ] as const)('%s in the %s phase', (code, phase, message) => {
    expect(diagnose(at(phase, socketError(code)))).toEqual({
      failure: { kind: 'unreachable', message },
      busy: false,
    });
  });

  it('before the banner may be a server over its limit', () => {
    const lost = Object.assign(new Error('free text'), { level: 'protocol' });
    const message = 'the server closed the connection before its SSH banner';
    for (const error of [null, socketError('ECONNRESET'), socketError('EPIPE'), lost]) {
      const expected = { failure: { kind: 'unreachable', message }, busy: true };
      expect(diagnose(at('banner', error))).toEqual(expected);
    }
    const said = diagnose(at('banner', null, 'Exceeded\u001b[31m MaxStartups\r\n'));
    expect(said.failure.message).toBe(`${message} (it said: Exceeded [31m MaxStartups)`);
  });

  it('is an authentication failure when the server ends it over our keys', () => {
    expect(diagnose(at('authentication', disconnect(2)))).toEqual({
      failure: {
        kind: 'auth_failed',
        message: 'user autotest: the server ended the authentication: Too many failures',
      },
      busy: false,
    });
    expect(diagnose(at('authentication', disconnect(14))).failure.kind).toBe('auth_failed');
    expect(diagnose(at('authentication', disconnect(11))).failure.kind).toBe('unreachable');
    expect(diagnose(at('key exchange', disconnect(2))).failure.kind).toBe('unreachable');
    expect(diagnose(at('key exchange', disconnect(12)))).toMatchObject({ busy: true });
  });

  it('says how far it came', () => {
    const error = new Error('Invalid identification string');
    expect(diagnose(at('banner', error)).failure.message).toBe(
      'no SSH server: Invalid identification string',
    );
    expect(diagnose(at('key exchange', error)).failure.message).toBe(
      'the key exchange failed: Invalid identification string',
    );
    expect(timedOut(at('connect'), 10_000).message).toBe('connect timed out after 10s');
    expect(timedOut(at('banner'), 1_500).message).toBe('no SSH banner within 1500ms');
    expect(timedOut(at('authentication'), 10_000).message).toBe(
      'no end of the authentication within 10s',
    );
  });
});
