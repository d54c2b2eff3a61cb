import os from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseFleet } from './parse-fleet.js';
import type { SshHostSettings } from './ssh-config.js';
import { resolveSshTarget, type SshTargetSources } from './ssh-target.js';

vi.mock('node:os', { spy: true });
afterEach(() => vi.restoreAllMocks());

const HOME = { HOME: '/home/me' };

function targetOf(settings: string, sources: SshTargetSources = {}) {
  const entry = parseFleet(`version: 1\ndrones: { a: { ${settings} } }`, '/f.yaml', HOME).get('a');
  if (!entry) throw new Error('no drone a');
  return resolveSshTarget(entry, { environment: HOME, ...sources });
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
  vi.mocked(os.userInfo).mockImplementationOnce(() => {
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

describe('the SSH configuration', () => {
  const config = {
    settingsOf: (host: string): SshHostSettings =>
      host === 'a'
        ? { hostName: 'a.example', port: 2022, user: 'c', identityFiles: ['/c'], jump: 'gate' }
        : { userKnownHosts: ['/gate'] },
  };

  it('says what the fleet file does not', () => {
    expect(targetOf('user: f', { config })).toMatchObject({
      address: 'a.example',
      port: 2022,
      user: 'f',
      identityFiles: ['/c'],
    });
    expect(targetOf('address: 192.0.2.7, jump: none', { config })).toMatchObject({
      address: '192.0.2.7',
    });
    expect(targetOf('jump: none', { config }).jump).toBeUndefined();
  });

  it('leads a way, on which a host takes over what is not set for it', () => {
    expect(targetOf('', { config }).jump).toStrictEqual({
      drone: 'gate',
      address: 'gate',
      port: 22,
      user: 'c',
      identityFiles: ['/c'],
      knownHosts: ['/gate', '/etc/ssh/ssh_known_hosts'],
      hostKeyPolicy: 'strict',
    });
  });
});

describe('jump', () => {
  it('names hosts with users and ports, the first to connect to first', () => {
    const target = targetOf('user: me, jump: "root@one:2201,ssh://[2001:db8::1]:2202"');
    expect(target.jump).toMatchObject({ address: '2001:db8::1', port: 2202, user: 'me' });
    expect(target.jump?.jump).toMatchObject({ address: 'one', port: 2201, user: 'root' });
    expect(target.jump?.jump?.jump).toBeUndefined();
  });

  it('may be a drone, with what the fleet file sets for that', () => {
    const droneOf = (name: string) =>
      parseFleet('version: 1\ndrones: { gate: { address: g.example, user: g } }', '/f', HOME).get(
        name,
      );
    expect(targetOf('user: me, identityFile: k, jump: gate', { droneOf }).jump).toMatchObject({
      address: 'g.example',
      user: 'g',
      identityFiles: targetOf('').identityFiles,
    });
  });

  it.each(['me@', 'a b', 'one:70000', '-oProxyCommand=x', 'one,,two'])(
    'that makes no sense is refused: %s',
    (jump) => {
      expect(() => targetOf(`jump: '${jump}'`)).toThrow(
        /^drone a: jump: expected \[user@\]host\[:port\], found '/,
      );
    },
  );
});
