/** Stands before every route: who asks, from where, and whether they may change anything. */
import type { Logger } from '@muster/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Credentials, Person } from './credentials.js';
import { isUnder, securityHeaders } from './headers.js';
import { isLoopback, isOwnHost } from './hosts.js';
import { isSame, Sessions } from './sessions.js';
import { TooManyTrials, Trials } from './trials.js';

export interface GuardSettings {
  readonly host: string;
  readonly credentials: Credentials | undefined;
  readonly allowChanges: boolean;
  readonly log: Logger;
}

/** Somebody who was let in. */
export interface Visitor extends Person {
  /** What their changes must carry in `x-xsrf-token`. */
  readonly csrf: string;
  /** They named themselves with each request, which no other site can make a browser do. */
  readonly byHeader: boolean;
}

/** What those may have who have not shown who they are. */
const OPEN_PATHS = new Set(['/login', '/login.css']);

export class Guard {
  readonly sessions = new Sessions();
  readonly #settings: GuardSettings;
  readonly #visitors = new WeakMap<FastifyRequest, Visitor>();
  readonly #trials = new Trials();
  /** Of headers that are being looked at. */
  readonly #looks = new Map<string, Promise<Person | undefined | TooManyTrials>>();

  constructor(settings: GuardSettings) {
    this.#settings = settings;
  }

  get credentials(): Credentials | undefined {
    return this.#settings.credentials;
  }

  get allowChanges(): boolean {
    return this.#settings.allowChanges;
  }

  protect(server: FastifyInstance): void {
    const { log } = this.#settings;
    server.addHook('onRequest', async (request, reply) => {
      const path = pathOf(request);
      // Browsers say it to addresses that they trust only.
      reply.headers(securityHeaders(path, request.headers['sec-fetch-site'] !== undefined));
      if (this.#isForAnybodyHere && !isOwnHost(request.headers.host)) {
        return refuse(reply, 421, 'this dashboard answers to localhost and 127.0.0.1 only');
      }
      const visitor = await this.#identify(request);
      if (visitor instanceof TooManyTrials) return refuseTrial(reply, visitor);
      if (visitor !== undefined) this.#visitors.set(request, visitor);
      if (isChange(request) && !isSameOrigin(request)) {
        return refuse(reply, 403, 'changes are taken from this page only');
      }
      if (visitor === undefined) {
        return OPEN_PATHS.has(path) ? undefined : this.#turnAway(request, reply, path);
      }
      if (!isChange(request) || path === '/login') return undefined;
      if (!visitor.byHeader && !isSame(tokenOf(request), visitor.csrf)) {
        return refuse(reply, 403, 'the CSRF token is missing or wrong; load the page again');
      }
      if (path !== '/logout' && !this.allowChanges) {
        return refuse(reply, 403, 'this dashboard is read-only; start it with --allow-changes');
      }
      if (path !== '/logout') {
        const what = `${request.method} ${path}`;
        const { name } = visitor;
        log.info({ user: name, where: request.ip, request: what }, 'a change is asked for');
      }
      return undefined;
    });
  }

  /**
   * Then a page of elsewhere whose name was made to point here would be anybody, too. Where there are
   * credentials it has none, and a proxy on this machine may well say its own name.
   */
  get #isForAnybodyHere(): boolean {
    return this.credentials === undefined && isLoopback(this.#settings.host);
  }

  /** Of a request that was let in. */
  visitor(request: FastifyRequest): Visitor | undefined {
    return this.#visitors.get(request);
  }

  /** Has `look` see a secret, unless too many were wrong just now. */
  async tried(
    request: FastifyRequest,
    look: () => Promise<Person | undefined>,
  ): Promise<Person | undefined | TooManyTrials> {
    const person = await this.#trials.try(request.ip, look);
    const { log } = this.#settings;
    const where = request.ip;
    // Those that were not looked at are not counted: a log is not to be filled by who guesses.
    if (person === undefined) log.warn({ where }, 'a wrong secret');
    else if (!(person instanceof TooManyTrials)) log.info({ user: person.name, where }, 'let in');
    return person;
  }

  /** Lets go of the session that the request came with: nobody comes in by it any more. */
  endSession(request: FastifyRequest): void {
    const cookie = cookieOf(request, this.cookieName(request));
    if (cookie !== undefined) this.sessions.end(cookie);
  }

  /**
   * Has `tell` called when the session that the request came with is over, for what goes on long after
   * its answer began; gives the way to stop waiting. Never called for those who came without one.
   */
  whenOver(request: FastifyRequest, tell: () => void): () => void {
    const cookie = cookieOf(request, this.cookieName(request));
    if (cookie === undefined || this.sessions.read(cookie) === undefined) return () => undefined;
    return this.sessions.whenOver(cookie, tell);
  }

  /** The session's cookie has the port in its name: cookies of one host are shared by all its ports. */
  cookieName(request: FastifyRequest): string {
    return `muster_session_${String(request.socket.localPort ?? 0)}`;
  }

  async #identify(request: FastifyRequest): Promise<Visitor | undefined | TooManyTrials> {
    const { credentials } = this.#settings;
    if (credentials === undefined) {
      return { name: 'anybody here', csrf: this.sessions.csrfOf('open'), byHeader: false };
    }
    const header = request.headers.authorization;
    if (header !== undefined) {
      const person = await this.#byHeader(credentials, header, request);
      if (person === undefined || person instanceof TooManyTrials) return person;
      return { ...person, csrf: this.sessions.csrfOf(header), byHeader: !isFromPage(request) };
    }
    const cookie = cookieOf(request, this.cookieName(request));
    const session = cookie === undefined ? undefined : this.sessions.read(cookie);
    return session === undefined ? undefined : { ...session, byHeader: false };
  }

  /** Many requests at once with one header are one try. */
  async #byHeader(
    credentials: Credentials,
    header: string,
    request: FastifyRequest,
  ): Promise<Person | undefined | TooManyTrials> {
    const known = credentials.knownBy(header);
    if (known !== undefined) return known;
    let look = this.#looks.get(header);
    if (look === undefined) {
      look = this.tried(request, () => credentials.byHeader(header)).finally(() => {
        this.#looks.delete(header);
      });
      this.#looks.set(header, look);
    }
    return look;
  }

  #turnAway(request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
    const wantsPage = request.method === 'GET' && !isUnder(path, '/api') && !path.includes('/api/');
    if (wantsPage && request.headers.accept?.includes('text/html') === true) {
      return reply.redirect(`/login?next=${encodeURIComponent(request.url)}`, 303);
    }
    void reply.header('www-authenticate', 'Bearer realm="muster"');
    const { token = false, password = false } = this.credentials?.kinds ?? {};
    const ways = [...(token ? ['Bearer TOKEN'] : []), ...(password ? ['Basic NAME:PASSWORD'] : [])];
    return refuse(reply, 401, `log in first, or send Authorization: ${ways.join(', or ')}`);
  }
}

export function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? url;
}

export function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).send({ error });
}

function refuseTrial(reply: FastifyReply, { waitSeconds }: TooManyTrials): FastifyReply {
  const seconds = String(waitSeconds);
  return refuse(
    reply.header('retry-after', seconds),
    429,
    `too many wrong secrets came from your address; wait ${seconds}s`,
  );
}

function isChange({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** Browsers say where a change comes from; whoever says nothing is none. */
function isSameOrigin({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  // Over plain HTTP they say it to loopback addresses only.
  const { origin } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}

function isFromPage({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}

function tokenOf({ headers }: FastifyRequest): string {
  const token = headers['x-xsrf-token'];
  return typeof token === 'string' ? token : '';
}

function cookieOf({ headers }: FastifyRequest, name: string): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=');
    if (key === name) return value;
  }
  return undefined;
}
