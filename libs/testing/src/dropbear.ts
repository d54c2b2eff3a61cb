/**
 * A real dropbear on this machine. It knows one place for the keys that it lets in, the user's own
 * `~/.ssh`: so it gets a home of its own, in a mount namespace where nobody else sees it.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './redis-server.js';
import { scratchDir } from './scratch-dir.js';
import { makeSshKey } from './ssh-keygen.js';
import { until } from './until.js';

const run = promisify(execFile);

export interface Dropbear {
  readonly address: string;
  readonly port: number;
  /** The user to log in as. */
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  stop(): Promise<void>;
}

/** Its home, then where its keys are and where it listens. */
const START =
  'mount --bind "$1" "$2" && cd / && exec dropbear -F -E -s -r "$3" -p "127.0.0.1:$4" -P ""';

export async function startDropbear(): Promise<Dropbear> {
  const [dir, port] = await Promise.all([scratchDir(), freePort()]);
  const at = (name: string) => join(dir.path, name);
  const isRoot = userInfo().uid === 0;
  // Within a user namespace of one's own one is root, and nobody else is there.
  const [user, homeOfUser] = isRoot ? [userInfo().username, homedir()] : ['root', '/root'];
  const home = at('home');
  await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  await chmod(home, 0o700);
  await makeSshKey(at('identity'), 'ed25519');
  await copyFile(at('identity.pub'), join(home, '.ssh', 'authorized_keys'));
  await chmod(join(home, '.ssh', 'authorized_keys'), 0o600);
  const made = await run('dropbearkey', ['-t', 'ed25519', '-f', at('host')]);
  const hostKey = /^ssh-ed25519 \S+/m.exec(made.stdout)?.[0] ?? '';
  await writeFile(at('known_hosts'), `[127.0.0.1]:${String(port)} ${hostKey}\n`);

  const apart = ['--mount', '--propagation', 'private', ...(isRoot ? [] : ['--map-root-user'])];
  const paths = [home, homeOfUser, at('host'), String(port)];
  const server = spawn('unshare', [...apart, 'sh', '-c', START, 'sh', ...paths], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(server, 'exit');
  const stop = async () => {
    if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, 'SIGKILL');
    await ended;
    await dir.remove();
  };
  try {
    await until('dropbear listens', async () => {
      if (server.exitCode !== null) throw new Error(`dropbear ended: ${said}`);
      return listens(port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const files = { identityFile: at('identity'), knownHostsFile: at('known_hosts') };
  return { address: '127.0.0.1', port, user, ...files, stop };
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}
