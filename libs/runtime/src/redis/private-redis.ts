/**
 * A Redis of our own: started from the PATH on a Unix socket in a directory of its own,
 * in a session of its own (so that Ctrl-C does not reach it before us), and ended by a
 * watchdog as soon as this process is gone, however it went.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { InfrastructureError } from '@muster/protocol';
import { delay } from '../clock.js';
import { connect } from './client.js';
import { parseRedisUrl } from './url.js';

export interface PrivateRedis {
  /** `unix://…`; only this user may open it. */
  readonly url: string;
  /** Process id of the server. */
  readonly pid: number;
  /** Ends the server, with its data saved if it keeps any. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

export interface PrivateRedisSettings {
  /** Keeps its data here, in an append-only file. Without it everything is gone with the server. */
  readonly dataDir?: string | undefined;
}

const BINARIES = ['redis-server', 'valkey-server'];
const MORE_PLACES = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
];
const START_MS = 10_000;

/**
 * The watchdog: starts the server, says its pid, and waits for the end of its own standard
 * input, which comes when the owner stops the server or dies. $1 the directory to remove or
 * empty text, the rest is the server's command.
 */
const WATCHDOG = `
remove=$1; shift
exec 3<&0
"$@" 3<&- </dev/null >/dev/null 2>&1 & server=$!
echo "$server"
{ read -r _; kill -TERM "$server"; } <&3 >/dev/null 2>&1 &
wait "$server"; code=$?
kill "$!" 2>/dev/null
[ -n "$remove" ] && rm -rf "$remove"
exit "$code"
`;

/** @throws InfrastructureError when no server binary is found or it does not come up. */
export async function startPrivateRedis({
  dataDir,
}: PrivateRedisSettings = {}): Promise<PrivateRedis> {
  const binary = findBinary();
  const dir = dataDir ?? mkdtempSync(join(tmpdir(), 'muster-redis-'));
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  chmodSync(dir, 0o700);
  // A socket's path may have 107 bytes at most; a state directory may be deeper than that.
  const socketDir = dir.length < 80 ? dir : mkdtempSync(join(tmpdir(), 'muster-redis-'));
  const socket = join(socketDir, 'redis.sock');
  rmSync(socket, { force: true });
  const toRemove = dataDir === undefined ? dir : socketDir === dir ? '' : socketDir;
  const persistence =
    dataDir === undefined
      ? ['--appendonly', 'no']
      : ['--appendonly', 'yes', '--appendfsync', 'everysec'];
  const options = ['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700', '--dir', dir];
  const command = [
    binary,
    ...options,
    '--save',
    '',
    ...persistence,
    '--maxmemory-policy',
    'noeviction',
  ];
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'muster-redis', toRemove, ...command], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    watchdog.once('close', () => {
      resolve();
    });
  });
  watchdog.stdin.on('error', () => undefined);
  const stop = async () => {
    watchdog.ref();
    watchdog.stdin.end();
    await ended;
  };
  const pid = await serverPid(watchdog);
  if (!(await answers(socket, ended))) {
    await stop();
    throw new InfrastructureError(
      `a private Redis (${binary}) did not come up within ${String(START_MS / 1000)}s`,
    );
  }
  watchdog.unref();
  return { url: `unix://${encodeURI(socket)}`, pid, stop, ended };
}

/** @throws InfrastructureError that says what to install. */
function findBinary(): string {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_PLACES].filter(
    (place) => place !== '',
  );
  for (const name of BINARIES) {
    for (const place of places) {
      const path = join(place, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        continue;
      }
    }
  }
  throw new InfrastructureError(
    'no redis-server or valkey-server on the PATH; install one (e.g. apt-get install redis-server), or give --redis URL',
  );
}

async function serverPid(watchdog: ChildProcess): Promise<number> {
  let said = '';
  for await (const chunk of watchdog.stdout ?? []) {
    said += String(chunk);
    if (said.includes('\n')) break;
  }
  return Number.parseInt(said, 10);
}

/** Asks until the server answers a PING; false when it ended first or takes too long. */
async function answers(socket: string, ended: Promise<void>): Promise<boolean> {
  const giveUp = new AbortController();
  void ended.then(() => {
    giveUp.abort();
  });
  const started = performance.now();
  while (performance.now() - started < START_MS && !giveUp.signal.aborted) {
    const client = connect(parseRedisUrl(`unix://${encodeURI(socket)}`), {
      lazyConnect: true,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.ping();
      return true;
    } catch {
      await delay(15, giveUp.signal);
    } finally {
      client.disconnect();
    }
  }
  return false;
}
