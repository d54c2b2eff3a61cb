/** The web dashboard: a server that looks at the ticks of one installation, and changes nothing unless allowed. */
import type { AddressInfo } from 'node:net';
import type { Fleet } from '@muster/fleet';
import { InvalidInputError } from '@muster/protocol';
import { Service, type Logger } from '@muster/runtime';
import type { TickStore } from '@muster/tick-state';
import fastify, { type FastifyInstance } from 'fastify';
import { answerBadUrl, answerBadWire } from './access/bad-requests.js';
import type { Credentials } from './access/credentials.js';
import { Guard, refuse } from './access/guard.js';
import { isLoopback, urlOf } from './access/hosts.js';
import { addLogin } from './access/login.js';
import { addTwins } from './api/twins.js';
import { addViews } from './api/views.js';
import { RollBook } from './book/roll-book.js';
import { Watch } from './book/watch.js';
import { addCompression } from './compress.js';
import { addPages } from './pages/assets.js';
import { addBullBoard } from './queues/bull-board.js';

/** Where it listens unless told otherwise. */
export const DEFAULT_PORT = 4680;

export interface DashboardSettings {
  readonly store: TickStore;
  /** Without it the pages know the drones of the recent ticks only. */
  readonly fleet?: Fleet | undefined;
  /** Gives the fleet where its file has changed since it was asked last. */
  readonly changedFleet?: () => Promise<Fleet | undefined>;
  /** An address or name of this machine. Any but a loopback one needs credentials. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Takes another port where this one is taken. */
  readonly orAnyPort?: boolean;
  readonly credentials?: Credentials | undefined;
  /** Lets visitors cancel ticks and act on jobs. */
  readonly allowChanges: boolean;
  /** Of Muster. */
  readonly version: string;
  readonly log: Logger;
}

/** @throws InvalidInputError where anybody in the network could look. */
export function checkAccess({
  host,
  credentials,
}: Pick<DashboardSettings, 'host' | 'credentials'>): void {
  if (isLoopback(host) || credentials !== undefined) return;
  throw new InvalidInputError(
    `--host ${host}: other machines could look there, so it needs credentials: ` +
      'set MUSTER_DASHBOARD_TOKEN, or give --token-file or --credentials-file',
  );
}

export class Dashboard extends Service {
  readonly #settings: DashboardSettings;
  #server: FastifyInstance | undefined;
  #release: (() => Promise<void>) | undefined;
  #watch: Watch | undefined;
  #address = '';

  /** @throws InvalidInputError where anybody in the network could look. */
  constructor(settings: DashboardSettings) {
    super();
    checkAccess(settings);
    this.#settings = settings;
  }

  /** `http://127.0.0.1:4680`, once it serves. */
  get address(): string {
    return this.#address;
  }

  protected override async onStart(): Promise<void> {
    const { store, fleet, changedFleet, host, credentials, allowChanges, version, log } =
      this.#settings;
    const server = fastify({
      forceCloseConnections: true,
      bodyLimit: 64 * 1024,
      frameworkErrors: answerBadUrl,
      clientErrorHandler: answerBadWire,
      // Names of drones and lanes have no limit of their own.
      routerOptions: { maxParamLength: 4_096 },
    });
    this.#server = server;
    const book = new RollBook(store, fleet, changedFleet);
    const watch = new Watch(store, book, log);
    this.#watch = watch;
    const guard = new Guard({ host, credentials, allowChanges, log });
    guard.protect(server);
    server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
      const status = error.statusCode ?? 500;
      if (status >= 500) log.error({ err: error, url: request.url }, 'could not answer');
      return refuse(
        reply,
        status,
        status >= 500 ? 'this went wrong; the log says why' : error.message,
      );
    });
    addLogin(server, guard);
    await server.register(async (api) => {
      addCompression(api);
      addTwins(api, { store, book });
      addViews(api, { store, book, watch, guard, version });
      await Promise.resolve();
    });
    addPages(server);
    const board = await addBullBoard(server, { store, fleet, guard });
    book.onFleet = (changed) => {
      board.show(changed);
    };
    this.#release = () => board.close();
    await this.#listen(server);
    // The first who looks need not wait for the history; whoever looks later is told what is wrong.
    void book.refresh().catch(() => undefined);
  }

  protected override async onStop(): Promise<void> {
    await this.#watch?.stop();
    await this.#server?.close();
    await this.#release?.();
    this.#server = undefined;
    this.#watch = undefined;
    this.#release = undefined;
  }

  async #listen(server: FastifyInstance): Promise<void> {
    const { host, port, orAnyPort = false } = this.#settings;
    try {
      await server.listen({ host, port });
    } catch (error) {
      if (!orAnyPort || codeOf(error) !== 'EADDRINUSE') throw explain(error, host, port);
      await server.listen({ host, port: 0 });
    }
    this.#address = urlOf(host, (server.server.address() as AddressInfo).port);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function explain(error: unknown, host: string, port: number): unknown {
  const where = `port ${String(port)} of ${host}`;
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new InvalidInputError(`${where} is taken: choose another with --port`);
    case 'EACCES':
      return new InvalidInputError(
        `${where} may not be opened by this user: choose another with --port`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new InvalidInputError(`--host ${host}: this machine has no such address`);
    default:
      return error;
  }
}
