/**
 * A whole Muster on this machine, as processes that can be killed and frozen: Redis with its
 * append-only file, combiners, workers, producers; and a fleet whose calls count themselves.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_PREFIX, keys, type TickRecord } from '@muster/protocol';
import { closeRedis, openRedis } from '@muster/runtime';
import { readRecord, readTickFacts, type TickStore } from '@muster/tick-state';
import { muster, startMuster, type MusterProcess, type MusterResult } from '../muster-process.js';
import { startRedisServer, type RedisServer } from '../redis-server.js';
import { scratchDir, type ScratchDir } from '../scratch-dir.js';
import { startSshdLab, type SshdLab } from '../sshd-lab.js';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.js';
import { until } from '../until.js';

/** Each batch in another phase when the fault comes: ended, running, running what may be run again, in the middle. */
const PHASES = {
  ended: 'box[01-12]',
  running: 'box[13-15]',
  repeatable: 'box[16-17]',
  middle: 'box[18-20]',
} as const;

/** How many drones end at once, and how many run a `once` call for long. */
const QUICK = 12;
const LONG = 6;

/** In each phase but the first, one drone that is reached over a link that can be cut. */
export const LINKED_DRONES: readonly string[] = ['box13', 'box16', 'box18'];

export const FAULT_LAB_DRONES: readonly string[] = Array.from(
  { length: 20 },
  (_, index) => `box${String(index + 1).padStart(2, '0')}`,
);

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

/** Where a service finds Redis: behind a link that can be cut, or directly. */
export interface Behind {
  readonly link?: TcpProxy | undefined;
}

/** Real sshd targets instead of local drones. */
interface SshTargets {
  readonly sshd: SshdLab;
  /** The way to the `LINKED_DRONES`. */
  readonly link: TcpProxy;
}

export class FaultLab {
  /** The lane of its ticks, unless they are given another. */
  readonly lane = newLane();
  readonly #dir: ScratchDir;
  readonly #started: MusterProcess[] = [];
  readonly #links: TcpProxy[] = [];
  #redis: RedisServer;

  private constructor(
    dir: ScratchDir,
    redis: RedisServer,
    readonly ssh: SshTargets | undefined,
  ) {
    this.#dir = dir;
    this.#redis = redis;
  }

  /** A lab of local drones. */
  static async start(): Promise<FaultLab> {
    const dir = await emptyLab();
    await writeFleet(dir, { transport: 'local' }, { 'box[01-20]': {} });
    return new FaultLab(dir, await startAof(dir), undefined);
  }

  /** A lab of drones that are real sshd targets. */
  static async startOverSsh(): Promise<FaultLab & { readonly ssh: SshTargets }> {
    const [dir, sshd] = await Promise.all([
      emptyLab(),
      startSshdLab({ targets: FAULT_LAB_DRONES.length, maxStartups: '100:30:200' }),
    ]);
    const link = await startTcpProxy(sshd.targets[0]?.port ?? 0);
    const drones = FAULT_LAB_DRONES.map((drone, index) => {
      const { address, port } = LINKED_DRONES.includes(drone)
        ? { address: '127.0.0.1', port: link.port }
        : (sshd.targets[index] ?? { address: '', port: 0 });
      return [drone, { address, port }] as const;
    });
    const { user, identityFile } = sshd;
    const defaults = { transport: 'ssh', user, identityFile, hostKeyPolicy: 'accept-new' };
    const knownHosts = join(dir.path, 'known_hosts');
    await writeFleet(dir, { ...defaults, knownHosts }, Object.fromEntries(drones));
    const lab = new FaultLab(dir, await startAof(dir), { sshd, link });
    return lab as FaultLab & { readonly ssh: SshTargets };
  }

  /** The first tick of its lane. */
  get firstTick(): string {
    return `${this.lane}-1`;
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

  /** A way to Redis that can be cut. */
  async linkToRedis(): Promise<TcpProxy> {
    const link = await startTcpProxy(this.#redis.port);
    this.#links.push(link);
    return link;
  }

  /** One combiner and one worker, as most ticks have. */
  async startServices(): Promise<{ combiner: MusterProcess; worker: MusterProcess }> {
    const [combiner, worker] = await Promise.all([this.startCombiner(), this.startWorker()]);
    return { combiner, worker };
  }

  async startWorker(behind: Behind = {}): Promise<MusterProcess> {
    return this.#serve(['worker', '--fleet', this.fleetFile, '--drain', '1s'], behind);
  }

  async startCombiner(behind: Behind = {}): Promise<MusterProcess> {
    return this.#serve(['combiner'], behind);
  }

  /** Starts a tick on all drones. */
  async startTick({
    lane = this.lane,
    deadline,
    callSeconds,
    flags = [],
  }: TickSettings): Promise<MusterProcess> {
    const calls = await this.#dir.write(
      `${lane}.calls.json`,
      JSON.stringify(this.#calls(callSeconds)),
    );
    const args = ['tick', '--fleet', this.fleetFile, '--lane', lane, '--calls', calls];
    const form = flags.includes('--jsonl') ? [] : ['--json'];
    return this.#start([...args, ...form, '--deadline', `${String(deadline)}s`, ...flags]);
  }

  /** Runs another command against this Redis, to its end. */
  run(args: readonly string[]): Promise<MusterResult> {
    return muster([...args], { env: this.#env() });
  }

  /** The record of a tick that nobody here may be waiting for, once it has ended. */
  recordOf(tick: string, limitMs = 30_000): Promise<TickRecord> {
    return this.inRedis((store) =>
      until(
        `${tick} has ended`,
        async () => {
          const facts = await readTickFacts(store, tick);
          return facts?.state === 'closed' && readRecord(store, facts);
        },
        limitMs,
      ),
    );
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
  underWay(tick: string): Promise<void> {
    return this.inRedis(async ({ redis, prefix }) => {
      await until(
        `${tick} is under way`,
        async () => {
          const reports = await redis.hlen(keys.reports(prefix, tick));
          return reports >= QUICK && (await this.starts(tick)).size >= QUICK + LONG;
        },
        20_000,
      );
    });
  }

  /** Resolves when the tick is there. */
  opened(tick: string): Promise<void> {
    return this.inRedis(async ({ redis, prefix }) => {
      const key = keys.tick(prefix, tick);
      await until(`${tick} is opened`, async () => (await redis.exists(key)) === 1, 30_000);
    });
  }

  /** Looks into this lab's Redis, over a connection of its own. */
  async inRedis<T>(look: (store: TickStore) => Promise<T>): Promise<T> {
    const redis = await openRedis(this.redisUrl);
    try {
      return await look({ redis, prefix: DEFAULT_PREFIX });
    } finally {
      await closeRedis(redis);
    }
  }

  /** Ends every process that it started, frozen ones too, and removes everything. */
  async stop(): Promise<void> {
    for (const process of this.#started) process.kill('SIGKILL');
    await Promise.all(this.#started.map(({ ended }) => ended));
    await Promise.all(this.#links.map((link) => link.stop()));
    await this.ssh?.link.stop();
    await this.ssh?.sshd.stop();
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

  async #serve(args: readonly string[], { link }: Behind): Promise<MusterProcess> {
    const env = link && { MUSTER_REDIS_URL: `redis://127.0.0.1:${String(link.port)}` };
    const service = this.#start(args, env);
    await service.logged('ready');
    return service;
  }

  #start(args: readonly string[], env: Record<string, string> = {}): MusterProcess {
    const process = startMuster(args, { env: { ...this.#env(), ...env } });
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

/** A lane that no lab on this machine has: its ticks are told from all others by their ids. */
export function newLane(): string {
  return `lab-${randomBytes(4).toString('hex')}`;
}

async function emptyLab(): Promise<ScratchDir> {
  const dir = await scratchDir();
  await mkdir(join(dir.path, 'counters'));
  await mkdir(join(dir.path, 'redis'));
  return dir;
}

/** JSON is YAML. */
async function writeFleet(dir: ScratchDir, defaults: object, drones: object): Promise<void> {
  await dir.write('fleet.yaml', JSON.stringify({ version: 1, defaults, drones }));
}

/** Every write is in the file before it is acknowledged: what a kill of the process can lose is nothing. */
function startAof(dir: ScratchDir, port?: number): Promise<RedisServer> {
  const options = [
    '--appendonly',
    'yes',
    '--appendfsync',
    'no',
    '--maxmemory-policy',
    'noeviction',
  ];
  return startRedisServer({
    directory: join(dir.path, 'redis'),
    options,
    ...(port !== undefined && { port }),
  });
}
