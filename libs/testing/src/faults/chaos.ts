/** Ticks under random faults, one after another, each checked. The same seed gives the same faults. */
import { delay } from '@muster/runtime';
import { checkFaultTick } from './check-fault-tick.js';
import { FaultLab } from './fault-lab.js';
import type { MusterProcess } from '../muster-process.js';
import type { TcpProxy } from '../tcp-proxy.js';

export interface ChaosSettings {
  readonly seed: number;
  /** Ticks to run. */
  readonly ticks: number;
  /** Stop after so long all the same, in milliseconds. */
  readonly limitMs: number;
  /** Gets a line for each tick. */
  readonly say: (line: string) => void;
}

const DEADLINE_S = 6;
/** From the deadline, as the contract has it. Milliseconds. */
const ON_TIME_MS = 2_000;
/** A frozen process wakes after so long: past every lease. Milliseconds. */
const FROZEN_MS = 6_000;

/** Gives the broken promises; none when all held. */
export async function runChaos({ seed, ticks, limitMs, say }: ChaosSettings): Promise<string[]> {
  const random = generator(seed);
  const began = performance.now();
  const lab = await FaultLab.start();
  const crew = new Crew(lab);
  const broken: string[] = [];
  try {
    for (let number = 1; number <= ticks && performance.now() - began < limitMs; number += 1) {
      await crew.fill();
      const lane = `${lab.lane}.${String(number)}`;
      const fault = pick(random, FAULTS);
      const atMs = Math.floor(random() * 3_000);
      const callSeconds = Math.floor(random() * 3);
      const producer = await lab.startTick({ lane, deadline: DEADLINE_S, callSeconds });
      await lab.opened(`${lane}-1`);
      const healed = delay(atMs).then(() => fault.strike(crew, producer, random));
      const record = await lab.recordOf(`${lane}-1`, (DEADLINE_S + 25) * 1_000);
      await healed;
      const lines = await checkFaultTick(lab, record);
      const lateMs = (record.durationMs ?? 0) - record.deadlineMs;
      if (fault.delays !== true && lateMs > ON_TIME_MS)
        lines.push(`${record.tick}: it ended ${String(lateMs)}ms after its deadline`);
      broken.push(...lines);
      const counts = Object.entries(record.counts).map(
        ([outcome, count]) => `${String(count)} ${outcome}`,
      );
      const what = counts.join(', ');
      say(
        `${lane}: ${fault.name} after ${String(atMs)}ms: ${what}${lines.map((line) => `\n  BROKEN ${line}`).join('')}`,
      );
      producer.kill('SIGKILL');
      await producer.ended;
    }
  } finally {
    await lab.stop();
  }
  return broken;
}

/** The services of the lab; those that were killed are replaced before the next tick. */
class Crew {
  readonly workers: MusterProcess[] = [];
  readonly combiners: MusterProcess[] = [];
  /** The way to Redis of each service that was started. */
  readonly #links = new Map<MusterProcess, TcpProxy>();

  constructor(readonly lab: FaultLab) {}

  async fill(): Promise<void> {
    while (this.workers.length < 2) this.workers.push(await this.#linked('startWorker'));
    while (this.combiners.length < 2) this.combiners.push(await this.#linked('startCombiner'));
  }

  async #linked(start: 'startWorker' | 'startCombiner'): Promise<MusterProcess> {
    const link = await this.lab.linkToRedis();
    const service = await this.lab[start]({ link });
    this.#links.set(service, link);
    return service;
  }

  /** A half-open link to Redis for a while. */
  async cutOff(list: readonly MusterProcess[], random: () => number): Promise<void> {
    const victim = list[Math.floor(random() * list.length)];
    const link = victim && this.#links.get(victim);
    link?.isolate();
    await delay(FROZEN_MS);
    link?.heal();
  }

  kill(list: MusterProcess[], random: () => number): void {
    const [victim] = list.splice(Math.floor(random() * list.length), 1);
    victim?.kill('SIGKILL');
  }

  async freeze(list: readonly MusterProcess[], random: () => number): Promise<void> {
    const victim = list[Math.floor(random() * list.length)];
    victim?.kill('SIGSTOP');
    await delay(FROZEN_MS);
    victim?.kill('SIGCONT');
  }
}

interface Fault {
  readonly name: string;
  /** Whether a tick may end later for it: without Redis nothing can end. */
  readonly delays?: boolean;
  /** Resolves when the fault is over. */
  strike(crew: Crew, producer: MusterProcess, random: () => number): Promise<void> | void;
}

const FAULTS: readonly Fault[] = [
  { name: 'nothing', strike: () => undefined },
  {
    name: 'a worker killed',
    strike: (crew, _, random) => {
      crew.kill(crew.workers, random);
    },
  },
  { name: 'a worker frozen', strike: (crew, _, random) => crew.freeze(crew.workers, random) },
  {
    name: 'a combiner killed',
    strike: (crew, _, random) => {
      crew.kill(crew.combiners, random);
    },
  },
  { name: 'a combiner frozen', strike: (crew, _, random) => crew.freeze(crew.combiners, random) },
  {
    name: 'the producer killed',
    strike: (_, producer) => {
      producer.kill('SIGKILL');
    },
  },
  {
    name: 'a worker and a combiner killed',
    strike: (crew, _, random) => {
      crew.kill(crew.workers, random);
      crew.kill(crew.combiners, random);
    },
  },
  {
    name: 'a worker cut off from Redis',
    strike: (crew, _, random) => crew.cutOff(crew.workers, random),
  },
  {
    name: 'a combiner cut off from Redis',
    strike: (crew, _, random) => crew.cutOff(crew.combiners, random),
  },
  {
    name: 'connections of Redis cut',
    strike: ({ lab }) =>
      lab.inRedis(async ({ redis }) => {
        for (const type of ['normal', 'pubsub'])
          await redis.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
      }),
  },
  {
    name: 'Redis killed and restarted',
    delays: true,
    strike: async ({ lab }) => {
      await lab.killRedis();
      await lab.restartRedis();
    },
  },
  {
    name: 'Redis frozen',
    delays: true,
    strike: async ({ lab }) => {
      process.kill(lab.redisPid, 'SIGSTOP');
      await delay(FROZEN_MS / 2);
      process.kill(lab.redisPid, 'SIGCONT');
    },
  },
];

function pick<T>(random: () => number, list: readonly [T, ...T[]] | readonly T[]): T {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** Mulberry32: small, and the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
