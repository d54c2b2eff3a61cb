/** Bull Board at `/queues`: BullMQ's own view of how the work travels. */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Fleet } from '@muster/fleet';
import { droneQueue, siteQueue, TICKS_QUEUE } from '@muster/protocol';
import type { TickStore } from '@muster/tick-state';
import { Queue } from 'bullmq';
import type { FastifyInstance } from 'fastify';
import { pathOf, refuse, type Guard } from '../access/guard.js';
import { AWAY, PATIENCE_MS, SILENT } from '../api/answers.js';

/** Queues of on-drone workers that it shows: it asks Redis about each, each time. */
const DRONE_QUEUES = 50;

const BOARD_PATH = '/queues';

export interface BoardParts {
  readonly store: TickStore;
  readonly fleet: Fleet | undefined;
  readonly guard: Guard;
}

export interface Board {
  /** Shows the queues of that fleet in the place of those that it has shown. */
  show(fleet: Fleet | undefined): void;
  /** Lets go of all queues. */
  close(): Promise<void>;
}

export async function addBullBoard(
  server: FastifyInstance,
  { store, fleet, guard }: BoardParts,
): Promise<Board> {
  // Kept when they are shown no more: whoever looks just then may be in the midst of a question.
  const queues = new Map<string, { readonly queue: Queue; readonly adapter: BullMQAdapter }>();
  const adapterOf = ({ name, description }: QueueName): BullMQAdapter => {
    const known = queues.get(name);
    if (known !== undefined) return known.adapter;
    const queue = new Queue(name, {
      connection: store.redis,
      prefix: store.prefix,
      skipMetasUpdate: true,
    });
    queue.on('error', () => undefined);
    const shown = new BullMQAdapter(queue, {
      readOnlyMode: !guard.allowChanges,
      allowRetries: guard.allowChanges,
      description,
    });
    shown.setFormatter('name', nameOf);
    shown.setFormatter('data', dataOf);
    queues.set(name, { queue, adapter: shown });
    return shown;
  };
  const adapter = new FastifyAdapter();
  adapter.setBasePath(BOARD_PATH);
  const board = createBullBoard({
    queues: queuesOf(fleet).map(adapterOf),
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'Muster queues',
        miscLinks: [{ text: 'Muster', url: '/' }],
        hideDocsLink: true,
      },
    },
  });
  await server.register(async (scope) => {
    bound(scope, store);
    scope.addHook('onSend', (request, reply, payload, done) => {
      const isPage = String(reply.getHeader('content-type')).startsWith('text/html');
      if (!isPage || typeof payload !== 'string') {
        done(null, payload);
        return;
      }
      // Its own client sends this cookie's value back with each change.
      const csrf = guard.visitor(request)?.csrf ?? '';
      void reply.header('set-cookie', `XSRF-TOKEN=${csrf}; Path=${BOARD_PATH}; SameSite=Strict`);
      done(null, withoutForeignLinks(payload));
    });
    await scope.register(adapter.registerPlugin(), { prefix: BOARD_PATH });
  });
  server.addHook('onRequest', async (request, reply) => {
    if (pathOf(request) === BOARD_PATH && request.url.endsWith('/'))
      await reply.redirect(BOARD_PATH);
  });
  return {
    show: (other) => {
      board.replaceQueues(queuesOf(other).map(adapterOf));
    },
    close: async () => {
      await Promise.all([...queues.values()].map(({ queue }) => queue.close()));
    },
  };
}

/** Its own routes wait for Redis without end. */
function bound(scope: FastifyInstance, { redis }: TickStore): void {
  scope.addHook('preHandler', (request, reply, next) => {
    if (!pathOf(request).startsWith(`${BOARD_PATH}/api/`)) {
      next();
      return;
    }
    if (redis.status !== 'ready') {
      refuse(reply, 503, AWAY);
      return;
    }
    const timer = setTimeout(() => {
      if (!reply.sent) refuse(reply, 503, SILENT);
    }, PATIENCE_MS);
    reply.raw.once('close', () => {
      clearTimeout(timer);
    });
    next();
  });
}

/** Fonts of another host: a page of ours asks for nothing there. */
function withoutForeignLinks(html: string): string {
  return html.replace(/<link[^>]+href="https?:\/\/[^"]*"[^>]*>/g, '');
}

interface QueueName {
  readonly name: string;
  readonly description: string;
}

function queuesOf(fleet: Fleet | undefined): QueueName[] {
  const sites = [...new Set(['default', ...(fleet?.sites() ?? [])])];
  const agents = (fleet?.names ?? []).filter((name) => fleet?.get(name)?.transport === 'agent');
  return [
    {
      name: TICKS_QUEUE,
      description: 'A job for each tick; a failed one says which drones and why',
    },
    ...sites.map((site) => {
      return {
        name: siteQueue(site),
        description: `Batches that wait for a worker of site ${site}`,
      };
    }),
    ...agents.slice(0, DRONE_QUEUES).map((drone) => {
      return {
        name: droneQueue(drone),
        description: `Batches that wait for the worker on ${drone}`,
      };
    }),
  ];
}

interface ShownJob {
  readonly id?: string;
  readonly name: string;
  readonly data?: unknown;
}

/** `default-42 · 100 drones` for a tick; a batch has a name that reads well. */
function nameOf({ id = '', name, data }: ShownJob): string {
  const { drones } = partsOf(data);
  if (typeof drones !== 'number') return name;
  return `${id} · ${String(drones)} drone${drones === 1 ? '' : 's'}`;
}

/** What a reader wants first, without what only the machinery needs. */
function dataOf(data: unknown): unknown {
  const { v: _version, ...rest } = partsOf(data);
  return rest;
}

function partsOf(data: unknown): Record<string, unknown> {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
}
