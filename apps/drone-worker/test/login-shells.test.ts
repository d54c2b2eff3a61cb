/** The login shell of a drone's user is whatever it is: nothing depends on it. */
import { scratchDir, startSshdLab, type ScratchDir, type SshdLab } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProcess } from '../src/process/run-process.js';
import { createSshTransport, SshConnectionPool } from '../src/transport/ssh/index.js';
import type { Session } from '../src/transport/transport.js';
import { withKeeper, withKeptShells, withoutKeeper } from './ways-to-start.js';
import { describeTransport } from './transport.suite.js';

/** Slow, says something on both streams, and does not end its line. */
const NOISY = 'echo Welcome; echo "tput: no terminal" >&2; sleep 0.2; printf "muster-ready? no"\n';

const noisyBash = async (dir: ScratchDir) =>
  `env BASH_ENV='${await dir.write('noisy', NOISY)}' bash`;

describe.each([
  ['dash', () => Promise.resolve('dash')],
  ['csh', () => Promise.resolve('tcsh')],
  ['bash with a noisy and slow profile', noisyBash],
])('the login shell %s', (name, loginShell) => {
  let dir: ScratchDir;
  let lab: SshdLab;
  let pool: SshConnectionPool;

  beforeAll(async () => {
    dir = await scratchDir();
    lab = await startSshdLab({ targets: 1, loginShell: await loginShell(dir) });
    pool = new SshConnectionPool({ agentSocket: null });
  });
  afterAll(async () => {
    await pool.close();
    await lab.stop();
    await dir.remove();
  });

  async function connect(): Promise<Session> {
    const { name: drone = '', address = '', port = 0 } = lab.targets[0] ?? {};
    const { user, identityFile, knownHostsFile } = lab;
    const transport = createSshTransport(pool, {
      ...{ drone, address, port, user, hostKeyPolicy: 'strict' },
      identityFiles: [identityFile],
      knownHosts: [knownHostsFile],
    });
    const connected = await transport.connect(20_000, new AbortController().signal);
    if (!connected.ok) throw new Error(connected.failure.message);
    return connected.session;
  }

  describeTransport(name, withoutKeeper(connect));

  it.each([
    ['the keeper', withKeeper],
    ['kept shells', withKeptShells],
  ])('starts %s, and says nothing into their processes', async (_, by) => {
    const session = await by(connect)();
    const spec = { argv: ['sh', '-c', 'echo out; echo err >&2; exit 3'], maxOutputBytes: 1_000 };
    const place = { mark: dir.path, confirm: () => Promise.resolve(5_000) };
    const ended = await runProcess(session, spec, place, new AbortController().signal);
    const { exitCode, stdout, stderr } = ended;
    expect([exitCode, stdout.text(), stderr.text()]).toEqual([3, 'out\n', 'err\n']);
    session.release();
  });
});
