/** Ends jobs and takes new ones, any number of both and of any queues that were asked for at the same time. */
import { runScript, together, type TickStore } from '@muster/tick-state';
import { EXCHANGE } from './exchange-script.js';

/** A job in its taker's hands. */
export interface TakenJob {
  readonly id: string;
  /** Its lock's. */
  readonly token: string;
  readonly data: unknown;
  /** When it was added, milliseconds since 1970. */
  readonly addedAt: number;
  /** The key of its parent; empty where it has none. */
  readonly parentKey: string;
  /** Why BullMQ has given it up, if it has. */
  readonly givenUp?: string;
}

export interface EndedJob {
  readonly job: TakenJob;
  /** What it returned. */
  readonly value: string;
}

/** What the taker of one queue asks for. */
export interface Exchange {
  readonly queue: string;
  /** The taker's name. */
  readonly worker: string;
  /** How long a job that is taken stays its taker's without another word, in milliseconds. */
  readonly lockMs: number;
  readonly ended: readonly EndedJob[];
  /** Jobs to take at most. */
  readonly most: number;
  /** For the locks of the jobs that are taken; no two exchanges have the same. */
  readonly token: string;
}

export interface Exchanged {
  /** The ended jobs that BullMQ has to end. */
  readonly left: readonly EndedJob[];
  readonly jobs: readonly TakenJob[];
  /** What the queue holds besides: perhaps some, none that is due, or such as only BullMQ can take. */
  readonly rest: 'some' | 'none' | 'odd';
  /** The next delayed job is due in so many milliseconds; only with `none`. */
  readonly nextInMs?: number;
  /** Redis' clock, milliseconds since 1970. */
  readonly at: number;
}

type Reply = [
  left: number[],
  /** For each: its id, data, when it was added, and its parent, which is `=` where the one before has the same. */
  jobs: string[],
  rest: Exchanged['rest'],
  nextInMs: string,
  givenUp: [id: string, reason: string][],
];

/** Jobs in one script at most. */
const MOST = 200;

/** Each exchange for itself; those of one turn of the event loop go out together. */
export const exchangeJobs = together<Exchange, Exchanged>(
  askToExchange,
  ({ worker, lockMs }) => `${String(lockMs)} ${worker}`,
  ({ ended, most }) => (ended.length + most) / MOST,
);

async function askToExchange(
  store: TickStore,
  exchanges: readonly Exchange[],
  { lockMs, worker }: Exchange,
): Promise<Exchanged[]> {
  const args: (string | number)[] = [lockMs, worker];
  for (const { queue, ended, most, token } of exchanges) {
    args.push(`${store.prefix}:${queue}:`, token, most, ended.length);
    for (const run of alike(ended)) {
      const [{ job }] = run;
      args.push(job.token, job.parentKey, run.length);
      for (const { job: own, value } of run) args.push(own.id, JSON.stringify(value));
    }
  }
  const keys = exchanges.map(({ queue }) => `${store.prefix}:${queue}:wait`);
  const [at, replies] = (await runScript(store, EXCHANGE, keys, args)) as [string, Reply[]];
  return exchanges.map(({ ended, token }, index) => {
    const reply = replies[index];
    if (reply === undefined) throw new Error(`exchange ${String(index + 1)} got no reply`);
    const [left, jobs, rest, nextInMs, givenUp] = reply;
    return {
      left: left.flatMap((number) => ended[number - 1] ?? []),
      jobs: readJobs(jobs, givenUp, token),
      rest,
      ...(nextInMs !== '' && { nextInMs: Number(nextInMs) }),
      at: Number(at),
    };
  });
}

/** In their order, those together that follow each other and were taken together for one parent. */
function alike(ended: readonly EndedJob[]): (readonly [EndedJob, ...EndedJob[]])[] {
  const runs: [EndedJob, ...EndedJob[]][] = [];
  for (const one of ended) {
    const run = runs.at(-1);
    const { token, parentKey } = one.job;
    if (run?.[0].job.token === token && run[0].job.parentKey === parentKey) run.push(one);
    else runs.push([one]);
  }
  return runs;
}

function readJobs(texts: readonly string[], givenUp: Reply[4], token: string): TakenJob[] {
  const jobs: TakenJob[] = [];
  let parentKey = '';
  for (let at = 0; at < texts.length; at += 4) {
    const [id = '', data = '', addedAt = '', parent = ''] = texts.slice(at, at + 4);
    if (parent !== '=') parentKey = parent;
    const job = { id, token, data: readData(data), addedAt: Number(addedAt), parentKey };
    const reason = givenUp.find(([of]) => of === id)?.[1];
    jobs.push(reason === undefined ? job : { ...job, givenUp: reason });
  }
  return jobs;
}

/** Whoever has put something else than JSON there gets to hear of it from who reads the data. */
function readData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
