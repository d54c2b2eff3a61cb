import os from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { parseFleet } from './parse-fleet.js';
import { resolveSshTarget } from './ssh-target.js';

vi.mock('node:os', { spy: true });
afterEach(() => vi.restoreAllMocks());

const HOME = { HOME: '/home/me' };

function targetOf(settings: string) {
  const entry = parseFleet(`version: 1\ndrones: { a: { ${settings} } }`, '/f.yaml', HOME).get('a');
  if (!entry) throw new Error('no drone a');
  return resolveSshTarget(entry, HOME);
}

it('fills in the built-in defaults', () => {
  expect(targetOf('')).toStrictEqual({
    drone: 'a',
    address: 'a',
    port: 22,
    user: os.userInfo().username,
    identityFiles: ['/home/me/.ssh/id_ed25519', '/home/me/.ssh/id_ecdsa', '/home/me/.ssh/id_rsa'],
    knownHosts: ['/home/me/.ssh/known_hosts', '/etc/ssh/ssh_known_hosts'],
    hostKeyPolicy: 'strict',
  });
});

it('prefers what the fleet file sets', () => {
  expect(
    targetOf(
      'address: 192.0.2.7, port: 2222, user: u, identityFile: k, knownHosts: [~/h], hostKeyPolicy: accept-new',
    ),
  ).toStrictEqual({
    drone: 'a',
    address: '192.0.2.7',
    port: 2222,
    user: 'u',
    identityFiles: ['/k'],
    knownHosts: ['/home/me/h'],
    hostKeyPolicy: 'accept-new',
  });
});

it('asks for a user where the system has no name for its own', () => {
  vi.mocked(os.userInfo).mockImplementation(() => {
    throw new Error('ENOENT: uv_os_get_passwd');
  });
  expect(() => targetOf('')).toThrow(
    expect.objectContaining({
      code: 'MUSTER_INVALID_INPUT',
      message:
        "drone a: set 'user' in the fleet file; the system has no name for the user of this process",
    }),
  );
  expect(targetOf('user: u').user).toBe('u');
});
