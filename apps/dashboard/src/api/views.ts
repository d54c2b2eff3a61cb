/** What our own pages ask for, and the stream of events that tells them when to ask again. */
import type { SessionView, TickView } from '@muster/dashboard-pages/views';
import { parseTickId } from '@muster/protocol';
import { beginClosing, type TickStore } from '@muster/tick-state';
import type { FastifyInstance } from 'fastify';
import { refuse, type Guard } from '../access/guard.js';
import { DroneBook } from '../book/drone-book.js';
import type { RollBook } from '../book/roll-book.js';
import { TickBook } from '../book/tick-book.js';
import type { News, Watch } from '../book/watch.js';
import { answer } from './answers.js';
import { noDrone, noTick } from './twins.js';

export interface ViewParts {
  readonly store: TickStore;
  readonly book: RollBook;
  readonly watch: Watch;
  readonly guard: Guard;
  readonly version: string;
}

/** Ticks whose pages are kept at hand. */
const TICK_BOOKS = 12;
/** A tick is not looked at more often, however many watch it. */
const TICK_LOOK_MS = 400;
/** How often a silent stream says that it lives. */
const HEARTBEAT_MS = 15_000;
const REASON_LENGTH = 200;

export function addViews(server: FastifyInstance, parts: ViewParts): void {
  const { store, book, guard, version } = parts;
  takeEmptyBodies(server);
  const ticks = new TickBooks(store);
  const drones = new DroneBook(store, book);

  server.get('/api/session', (request, reply) => {
    const visitor = guard.visitor(request);
    return reply.send({
      user: visitor?.name ?? '',
      isPerson: guard.credentials !== undefined,
      mayChange: guard.allowChanges,
      csrf: visitor?.csrf ?? '',
      version,
    } satisfies SessionView);
  });

  server.get('/api/views/roll', (_request, reply) =>
    answer(reply, store, '', async () => {
      await book.refresh();
      return book.view();
    }),
  );

  server.get<{ Params: { tick: string } }>('/api/views/ticks/:tick', (request, reply) => {
    const { tick } = request.params;
    return answer(reply, store, noTick(tick), () => ticks.view(tick));
  });

  server.get<{ Params: { drone: string } }>('/api/views/drones/:drone', (request, reply) => {
    const { drone } = request.params;
    return answer(reply, store, noDrone(drone, book), () => drones.view(drone));
  });

  server.post<{ Params: { tick: string }; Body: unknown }>(
    '/api/ticks/:tick/cancel',
    async (request, reply) => {
      const { tick } = request.params;
      if (parseTickId(tick) === undefined) return refuse(reply, 404, noTick(tick));
      const reason = reasonOf(request.body, guard.visitor(request)?.name ?? '');
      const said = await beginClosing(store, tick, 'cancelled', reason);
      if (said === 'gone') return refuse(reply, 404, noTick(tick));
      if (said === 'closed') return refuse(reply, 409, `tick ${tick} has ended already`);
      return reply.send({ tick, state: 'closing' });
    },
  );

  addEvents(server, parts);
}

/** Many clients say of a body that is not there that it is JSON. */
function takeEmptyBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') done(null, undefined);
      else void parse(request, body, done);
    },
  );
}

/** In the words of who cancels, and who that was where it is known: the record keeps it. */
function reasonOf(body: unknown, user: string): string {
  const given =
    typeof body === 'object' && body !== null && 'reason' in body ? body.reason : undefined;
  const reason = typeof given === 'string' ? given.trim().slice(0, REASON_LENGTH) : '';
  const who = user === '' || user === 'anybody here' || user === 'token' ? '' : `, by ${user}`;
  return `${reason === '' ? 'from the dashboard' : reason}${who}`;
}

function addEvents(server: FastifyInstance, { watch, guard }: ViewParts): void {
  const streams = new Set<() => void>();
  server.addHook('preClose', (done) => {
    for (const end of streams) end();
    done();
  });
  server.get('/api/events', { exposeHeadRoute: false }, (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      // A proxy must not wait for more.
      'x-accel-buffering': 'no',
    });
    const say = (event: string, data: unknown) => {
      // One that does not read is dropped: its browser comes back and reads all anew.
      if (raw.writableLength > 8 * 1024 * 1024) raw.destroy();
      else raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    const tell = (news: News) => {
      if (news.kind === 'roll') say('roll', news.change);
      else if (news.kind === 'beat') say('beat', null);
      else say('trouble', { text: news.text });
    };
    raw.write('retry: 1000\n\n');
    say('trouble', { text: watch.trouble });
    const leave = watch.add(tell);
    const heart = setInterval(() => raw.write(': \n\n'), HEARTBEAT_MS);
    const end = () => {
      raw.end();
    };
    streams.add(end);
    const stay = guard.whenOver(request, end);
    request.raw.socket.once('close', () => {
      stay();
      clearInterval(heart);
      streams.delete(end);
      leave();
    });
  });
}

/** The last ticks that somebody looked at. */
class TickBooks {
  readonly #store: TickStore;
  readonly #books = new Map<
    string,
    { book: TickBook; at: number; view: Promise<TickView | undefined> }
  >();

  constructor(store: TickStore) {
    this.#store = store;
  }

  async view(tick: string): Promise<TickView | undefined> {
    if (parseTickId(tick) === undefined) return undefined;
    const known = this.#books.get(tick);
    const now = performance.now();
    if (known !== undefined && now - known.at < TICK_LOOK_MS) return known.view;
    const book = known?.book ?? new TickBook(this.#store, tick);
    // One after the other: a book adds to what it has read before.
    const view = (known?.view ?? Promise.resolve()).catch(() => undefined).then(() => book.view());
    this.#books.delete(tick);
    this.#books.set(tick, { book, at: now, view });
    for (const oldest of this.#books.keys()) {
      if (this.#books.size <= TICK_BOOKS) break;
      this.#books.delete(oldest);
    }
    const found = await view.catch((error: unknown) => {
      this.#books.delete(tick);
      throw error;
    });
    if (found === undefined) this.#books.delete(tick);
    return found;
  }
}
