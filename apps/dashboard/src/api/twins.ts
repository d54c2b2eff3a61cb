/** The JSON that the command line gives as well: `muster ticks`, `fleet` and `show`, each with `--json`. */
import { nearest, parseTickId } from '@muster/protocol';
import {
  listTicks,
  livingWorkers,
  readLastOutcomes,
  readManyTickFacts,
  readRecord,
  readRecordHead,
  readTickFacts,
  standings,
  type TickStore,
} from '@muster/tick-state';
import type { FastifyInstance } from 'fastify';
import { refuse } from '../access/guard.js';
import { readDronePage } from '../book/drone-page.js';
import type { RollBook } from '../book/roll-book.js';
import { answer } from './answers.js';

export interface ApiParts {
  readonly store: TickStore;
  readonly book: RollBook;
}

export function addTwins(server: FastifyInstance, { store, book }: ApiParts): void {
  server.get('/api/fleet', (_request, reply) =>
    answer(reply, store, '', async () => {
      const [fleet, workers] = await Promise.all([book.readFleet(), livingWorkers(store)]);
      const drones =
        fleet === undefined ? new Map() : standings(fleet, workers, await readLastOutcomes(store));
      return { drones: Object.fromEntries(drones) as unknown, workers };
    }),
  );

  server.get<{ Querystring: { limit?: string; lane?: string } }>('/api/ticks', (request, reply) => {
    const { limit, lane } = request.query;
    if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
      return refuse(reply, 400, `limit: '${limit}': expected a whole number from 1`);
    const most = limit === undefined ? undefined : Number(limit);
    return answer(reply, store, '', () => readHeads(store, most, lane));
  });

  server.get<{ Params: { tick: string } }>('/api/ticks/:tick', (request, reply) => {
    const { tick } = request.params;
    return answer(reply, store, noTick(tick), async () => {
      const facts = parseTickId(tick) === undefined ? undefined : await readTickFacts(store, tick);
      return facts === undefined ? undefined : readRecord(store, facts);
    });
  });

  server.get<{ Params: { drone: string } }>('/api/drones/:drone', (request, reply) => {
    const { drone } = request.params;
    return answer(reply, store, noDrone(drone, book), async () => {
      await book.refresh();
      return readDronePage(store, book, drone);
    });
  });
}

export function noTick(tick: string): string {
  return parseTickId(tick) === undefined
    ? `'${tick}' is no tick's id; expected e.g. default-42`
    : `there is no tick ${tick}, or none any more`;
}

export function noDrone(drone: string, { names }: RollBook): string {
  const like = nearest(drone, names);
  return `no drone is called ${drone}${like === undefined ? '' : `; did you mean ${like}?`}`;
}

async function readHeads(
  store: TickStore,
  limit: number | undefined,
  lane: string | undefined,
): Promise<unknown[]> {
  const ids = await listTicks(store, lane === undefined ? limit : undefined);
  const kept = await readManyTickFacts(store, ids);
  const wanted = kept.filter((facts) => lane === undefined || facts.lane === lane);
  const heads: unknown[] = [];
  for (const facts of wanted.slice(0, limit)) heads.push(await readRecordHead(store, facts));
  return heads;
}
