/**
 * A whole Muster on this machine, as processes that can be killed and frozen: Redis with its
 * append-only file, combiners, workers, producers; and a fleet whose calls count themselves.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { DEFAULT_PREFIX, keys } from '@muster/protocol';
import { closeRedis, openRedis } from '@muster/runtime';
import { muster, startMuster, type MusterProcess, type MusterResult } from './muster-process.js';
import { startRedisServer, type RedisServer } from './redis-server.js';
import { scratchDir, type ScratchDir } from './scratch-dir.js';
import { until } from './until.js';

/** Each batch in another phase when the fault comes: ended, running, running what may be run again, in the middle. */
const PHASES = {
  ended: 'box[01-05]',
  running: 'box[06-12]',
  repeatable: 'box[13-16]',
  middle: 'box[17-20]',
} as const;

/** How many drones end at once, and how many run a `once` call for long. */
const QUICK = 5;
const LONG = 11;

export const FAULT_LAB_DRONES: readonly string[] = Array.from(
  { length: 20 },
  (_, index) => `box${String(index + 1).padStart(2, '0')}`,
);

const FLEET = 'version: 1\ndefaults: { transport: local }\ndrones: { "box[01-20]": {} }\n';

/** Says that a `once` call has started, then runs for a while. $1 the directory of counters, $2 seconds. */
const COUNTED = 'echo started >>"$1/$MUSTER_TICK.$MUSTER_DRONE"; exec sleep "$2"';

export interface TickSettings {
  readonly lane?: string;
  /** Seconds. */
  readonly deadline: number;
  /** Seconds that the long calls run. */
  readonly callSeconds: number;
  readonly flags?: readonly string[];
}

export class FaultLab {
  readonly #dir: ScratchDir;
  readonly #started: MusterProcess[] = [];
  #redis: RedisServer;

  private constructor(dir: ScratchDir, redis: RedisServer) {
    this.#dir = dir;
    this.#redis = redis;
  }

  static async start(): Promise<FaultLab> {
    const dir = await scratchDir();
    await dir.write('fleet.yaml', FLEET);
    await mkdir(join(dir.path, 'counters'));
    await mkdir(join(dir.path, 'redis'));
    return new FaultLab(dir, await startAof(dir));
  }

  /** Path of the fleet file. */
  get fleetFile(): string {
    return this.#path('fleet.yaml');
  }

  get redisUrl(): string {
    return this.#redis.url;
  }

  get redisPid(): number {
    return this.#redis.pid;
  }

  /** Kills Redis; what it had acknowledged is in its append-only file. */
  async killRedis(): Promise<void> {
    await this.#redis.stop();
  }

  async restartRedis(): Promise<void> {
    this.#redis = await startAof(this.#dir, this.#redis.port);
  }

  async startWorker(): Promise<MusterProcess> {
    return this.#serve(['worker', '--fleet', this.fleetFile, '--drain', '1s']);
  }

  async startCombiner(): Promise<MusterProcess> {
    return this.#serve(['combiner']);
  }

  /** Starts a tick on all drones. */
  async startTick({
    lane = 'default',
    deadline,
    callSeconds,
    flags = [],
  }: TickSettings): Promise<MusterProcess> {
    const calls = await this.#dir.write(
      `${lane}.calls.json`,
      JSON.stringify(this.#calls(callSeconds)),
    );
    const args = ['tick', '--fleet', this.fleetFile, '--lane', lane, '--calls', calls, '--json'];
    return this.#start([...args, '--deadline', `${String(deadline)}s`, ...flags]);
  }

  /** Runs another command against this Redis, to its end. */
  run(args: readonly string[]): Promise<MusterResult> {
    return muster([...args], { env: this.#env() });
  }

  /** How often the `once` call of each drone has started in a tick. */
  async starts(tick: string): Promise<Map<string, number>> {
    const folder = join(this.#dir.path, 'counters');
    const starts = new Map<string, number>();
    for (const file of await readdir(folder)) {
      if (!file.startsWith(`${tick}.`)) continue;
      const lines = (await readFile(join(folder, file), 'utf8')).split('\n').length - 1;
      starts.set(file.slice(tick.length + 1), lines);
    }
    return starts;
  }

  /**
   * Resolves when the tick is under way: the quick drones have reported, the long calls of the
   * others run.
   */
  async underWay(tick: string): Promise<void> {
    const redis = await openRedis(this.redisUrl);
    try {
      await until(
        `${tick} is under way`,
        async () => {
          const reports = await redis.hlen(keys.reports(DEFAULT_PREFIX, tick));
          const started = (await this.starts(tick)).size;
          return reports >= QUICK && started >= QUICK + LONG;
        },
        20_000,
      );
    } finally {
      await closeRedis(redis);
    }
  }

  /** Resolves when the tick is there. */
  async opened(tick: string): Promise<void> {
    const redis = await openRedis(this.redisUrl);
    try {
      const key = keys.tick(DEFAULT_PREFIX, tick);
      await until(`${tick} is opened`, async () => (await redis.exists(key)) === 1, 30_000);
    } finally {
      await closeRedis(redis);
    }
  }

  /** Ends every process that it started, frozen ones too, and removes everything. */
  async stop(): Promise<void> {
    for (const process of this.#started) process.kill('SIGKILL');
    await Promise.all(this.#started.map(({ ended }) => ended));
    await this.#redis.stop();
    await this.#dir.remove();
  }

  #calls(seconds: number): Record<string, unknown[]> {
    const counted = (run: number, effect = 'once') => ({
      method: 'exec',
      args: { argv: ['sh', '-c', COUNTED, 'counted', this.#path('counters'), String(run)] },
      effect,
    });
    const note = { method: 'write', args: { path: this.#path('note'), content: 'noted' } };
    const again = {
      method: 'exec',
      args: { argv: ['sleep', String(seconds)] },
      effect: 'idempotent',
    };
    return {
      [PHASES.ended]: [counted(0)],
      [PHASES.running]: [counted(seconds)],
      [PHASES.repeatable]: [again, counted(0)],
      [PHASES.middle]: [{ method: 'ping' }, note, counted(seconds)],
    };
  }

  async #serve(args: readonly string[]): Promise<MusterProcess> {
    const service = this.#start(args);
    await service.logged('ready');
    return service;
  }

  #start(args: readonly string[]): MusterProcess {
    const process = startMuster(args, { env: this.#env() });
    this.#started.push(process);
    return process;
  }

  #env(): Record<string, string> {
    return { MUSTER_REDIS_URL: this.redisUrl, MUSTER_STATE_DIR: this.#path('state') };
  }

  #path(name: string): string {
    return join(this.#dir.path, name);
  }
}

/** Every write is on disk before it is acknowledged: what a kill can lose is nothing. */
function startAof(dir: ScratchDir, port?: number): Promise<RedisServer> {
  const options = [
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
    '--maxmemory-policy',
    'noeviction',
  ];
  return startRedisServer({
    directory: join(dir.path, 'redis'),
    options,
    ...(port !== undefined && { port }),
  });
}
