/** A redis-server with settings of the test's choice, on a loopback port: also one that Muster must refuse. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

export interface RedisServer {
  readonly pid: number;
  readonly port: number;
  /** `redis://127.0.0.1:…` */
  readonly url: string;
  /** Ends it, without saving. May be called again. */
  stop(): Promise<void>;
}

export interface RedisServerSettings {
  /** Where it keeps its files. */
  readonly directory: string;
  /** Default: one that is free. */
  readonly port?: number;
  /** As on its command line, e.g. `['--requirepass', 'secret']`. */
  readonly options?: readonly string[];
  /** What it logs once it is as the test wants it. Default: that it takes connections. */
  readonly until?: RegExp;
}

/** Resolves once the log says `until`. Rejects with the log when it ends first. */
export async function startRedisServer({
  directory,
  port: wanted,
  options = [],
  until = /Ready to accept connections/,
}: RedisServerSettings): Promise<RedisServer> {
  const port = wanted ?? (await freePort());
  const standard = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    directory,
    '--save',
    '',
  ];
  const child = spawn(findServer(), [...standard, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.push(line);
      if (until.test(line)) resolve();
    });
    const fail = () => {
      reject(new Error(`redis-server did not come up:\n${log.join('\n')}`));
    };
    ended.then(fail, fail);
  });
  return {
    pid: child.pid ?? -1,
    port,
    url: `redis://127.0.0.1:${String(port)}`,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function findServer(): string {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  for (const path of places.flatMap((place) => [
    join(place, 'redis-server'),
    join(place, 'valkey-server'),
  ])) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  throw new Error('these tests need a redis-server or valkey-server: apt-get install redis-server');
}

/** A port of the loopback address on which nobody listens now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
