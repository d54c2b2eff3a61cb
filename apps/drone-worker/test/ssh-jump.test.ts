/** Drones that are reached through other hosts, and by what ~/.ssh/config says, against a real sshd. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseFleet } from '@muster/fleet';
import { silentLogger } from '@muster/runtime';
import { makeSshKey, startSshdLab, until, type SshdLab } from '@muster/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SshPoolOptions } from '../src/transport/ssh/index.js';
import { createTransports } from '../src/transport/transports.js';
import type { Session } from '../src/transport/transport.js';

const run = promisify(execFile);
const never = () => new AbortController().signal;

let lab: SshdLab;
let other: SshdLab;
beforeAll(async () => {
  [lab, other] = await Promise.all([
    startSshdLab({ targets: 12 }),
    startSshdLab({ targets: 1, hostKeys: ['ecdsa'] }),
  ]);
});
afterAll(() => Promise.all([lab.stop(), other.stop()]));

const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
  vi.unstubAllEnvs();
});

/** A pool, and what connects to the drones of a fleet file over it. */
function worker(fleetFile: string, options: SshPoolOptions = {}) {
  const fleet = parseFleet(fleetFile, '/fleet.yaml');
  const known = (name: string) => fleet.get(name);
  const transports = createTransports(known, silentLogger, { agentSocket: null, ...options });
  toClose.push(() => transports.close());
  const connect = (name: string) => {
    const drone = fleet.get(name);
    if (drone === undefined) throw new Error(`no drone ${name}`);
    return transports.of(drone).connect(20_000, never());
  };
  const session = async (name: string): Promise<Session> => {
    const connected = await connect(name);
    if (!connected.ok) throw new Error(connected.failure.message);
    return connected.session;
  };
  const failure = async (name: string) => {
    const connected = await connect(name);
    if (connected.ok) throw new Error(`connected to ${name}`);
    return connected.failure;
  };
  return { pool: transports, session, failure };
}

const fleetOf = (drones: Record<string, unknown>, defaults: Record<string, unknown> = {}) =>
  JSON.stringify({
    version: 1,
    defaults: {
      user: lab.user,
      identityFile: lab.identityFile,
      knownHosts: lab.knownHostsFile,
      ...defaults,
    },
    drones,
  });

/** Target number `index` of the lab, as a fleet file has it. */
function at(index: number, settings: Record<string, unknown> = {}): Record<string, unknown> {
  const place = lab.targets[index];
  if (place === undefined) throw new Error(`the lab has no target ${String(index)}`);
  return { address: place.address, port: place.port, ...settings };
}

/** The address from which the server sees the session come. */
async function peer(session: Session): Promise<string | undefined> {
  const shell = await session.openShell('echo $SSH_CONNECTION', never());
  const [said] = (await once(shell.stdout, 'data')) as [Buffer];
  await shell.exited;
  shell.close();
  return said.toString().split(' ')[2];
}

const logins = () => lab.log.filter((line) => line.includes('Accepted publickey')).length;

describe('a drone behind other hosts', () => {
  it('is reached through two of them, each verified and logged in to', async () => {
    const { pool, session } = worker(
      fleetOf({ outer: at(0), inner: at(1, { jump: 'outer' }), box: at(2, { jump: 'inner' }) }),
    );
    const before = logins();
    expect(await peer(await session('box'))).toBe(lab.targets[2]?.address);
    expect(logins() - before).toBe(3);
    expect(pool.stats().connections).toBe(3);
  });

  it('is reached through hosts that no fleet file has, as ProxyJump names them', async () => {
    const [outer, inner] = lab.targets;
    const way = [outer, inner].map((to) => `${lab.user}@${to?.address ?? ''}:${String(to?.port)}`);
    const { session } = worker(fleetOf({ box: at(2, { jump: way.join(',') }) }));
    expect(await peer(await session('box'))).toBe(lab.targets[2]?.address);
  });

  it('shares the way with the others behind it, and the way ends after the last of them', async () => {
    const boxes = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [
        `box${String(index)}`,
        at(index + 1, { jump: 'gate' }),
      ]),
    );
    const { pool, session } = worker(fleetOf({ gate: at(0), ...boxes }), { idleMs: 50 });
    const sessions = await Promise.all(Object.keys(boxes).map(session));
    expect(pool.stats()).toMatchObject({ connections: 11, idle: 0 });
    for (const held of sessions) held.release();
    await until('all connections are closed', () => pool.stats().connections === 0);
  });

  it('is lost with the way, and reached again over a new one', async () => {
    const { session } = worker(fleetOf({ gate: at(0), box: at(1, { jump: 'gate' }) }));
    const held = await session('box');
    const shell = await held.openShell('exec cat', never());
    await lab.killSessions();
    await expect(shell.exited).rejects.toThrow('lost');
    held.release();
    expect(await peer(await session('box'))).toBe(lab.targets[1]?.address);
  });

  it('is not asked for a login when the way has a key that changed', async () => {
    const address = lab.targets[0]?.address ?? '';
    const knownHosts = await lab.writeKnownHosts({ changed: [address] });
    const { failure, pool } = worker(
      fleetOf({ gate: at(0), box: at(1, { jump: 'gate' }) }, { knownHosts }),
    );
    const before = logins();
    expect(await failure('box')).toMatchObject({
      kind: 'host_key_mismatch',
      message: expect.stringMatching(/^jump host gate: host key of .* has changed/) as string,
    });
    expect(logins()).toBe(before);
    expect(pool.stats().connections).toBe(0);
  });

  it('that nothing listens for is unreachable, and the way says so', async () => {
    const fleet = fleetOf({ gate: at(0), box: at(1, { port: 1, jump: 'gate' }) });
    const { failure, pool } = worker(fleet, { idleMs: 50 });
    expect(await failure('box')).toEqual({
      kind: 'unreachable',
      message: 'jump host gate cannot reach it on port 1: Connection refused',
    });
    await until('the way is closed', () => pool.stats().connections === 0);
  });

  it('whose way leads back to itself is refused', () => {
    const { session } = worker(
      fleetOf({ one: at(0, { jump: 'two' }), two: at(1, { jump: 'one' }) }),
    );
    return expect(session('one')).rejects.toThrow('does it lead back to itself?');
  });
});

describe('~/.ssh/config', () => {
  async function configured(text: string): Promise<void> {
    const home = join(lab.directory, `home-${String(Math.random()).slice(2)}`);
    await mkdir(join(home, '.ssh'), { recursive: true });
    await writeFile(join(home, '.ssh', 'config'), text, { mode: 0o600 });
    vi.stubEnv('HOME', home);
  }

  it('says where a drone is, who we are, which key it has, and the way', async () => {
    const [gate, box] = lab.targets;
    await configured(`
Host gate
  HostName ${gate?.address ?? ''}
Host box*
  HostName ${box?.address ?? ''}
  ProxyJump gate
Host *
  Port ${String(box?.port)}
  User ${lab.user}
  IdentityFile ${lab.identityFile}
  UserKnownHostsFile ${lab.knownHostsFile}
`);
    const fleet = JSON.stringify({ version: 1, drones: { box1: {} } });
    const { session, pool } = worker(fleet);
    expect(await peer(await session('box1'))).toBe(box?.address);
    expect(pool.stats().connections).toBe(2);
  });

  it('has a host key on record under another name', async () => {
    const [place] = other.targets;
    const file = await other.writeKnownHosts({});
    const aliased = join(lab.directory, 'aliased');
    const { stdout } = await run('cat', [file]);
    await writeFile(aliased, stdout.replace(/^\S+/gm, 'the-one'));
    await configured(`Host box\n  HostKeyAlias the-one\n`);
    const box = { address: place?.address, port: place?.port, knownHosts: aliased };
    const { session } = worker(fleetOf({ box: { ...box, identityFile: other.identityFile } }));
    expect(await peer(await session('box'))).toBe(place?.address);
  });

  it('offers of the keys of ssh-agent only those that it names', async () => {
    const agentSocket = join(lab.directory, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    toClose.push(async () => {
      const exit = once(agent, 'exit');
      agent.kill('SIGKILL');
      await exit;
    });
    await once(agent.stdout, 'data');
    const env = { ...process.env, SSH_AUTH_SOCK: agentSocket };
    await run('ssh-add', ['-q', lab.identityFile], { env });
    const stranger = join(lab.directory, 'stranger');
    await writeFile(`${stranger}.pub`, await makeSshKey(join(lab.directory, 'strange'), 'ed25519'));
    const named = join(lab.directory, 'named');
    const { stdout: publicKey } = await run('ssh-keygen', ['-y', '-f', lab.identityFile]);
    await writeFile(`${named}.pub`, publicKey);
    await configured(`
Host good
  IdentityFile ${named}
Host bad
  IdentityFile ${stranger}
Host *
  IdentitiesOnly yes
`);
    const drones = fleetOf({ good: at(0), bad: at(1) }, { identityFile: undefined });
    const { session, failure } = worker(drones, { agentSocket });
    expect(await peer(await session('good'))).toBe(lab.targets[0]?.address);
    expect(await failure('bad')).toMatchObject({ kind: 'auth_failed' });
  });
});
