/** The forms of a Redis URL, and what each means to the client library. */
import { InvalidInputError } from '@muster/protocol';
import type { RedisOptions } from 'ioredis';

export type RedisTarget =
  | { readonly kind: 'single'; readonly options: RedisOptions; readonly display: string }
  | { readonly kind: 'sentinel'; readonly options: RedisOptions; readonly display: string }
  | {
      readonly kind: 'cluster';
      readonly nodes: { host: string; port: number }[];
      readonly options: RedisOptions;
      readonly display: string;
    };

const EXPECTED =
  'expected redis://host:port, rediss://…, redis+sentinel://host:port,host:port/master-name, redis+cluster://host:port,… or unix:///path';

/**
 * Reads a Redis URL. `display` never holds a password.
 * @throws InvalidInputError with what was expected.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const match = /^([a-z+]+):\/\/(?:([^@/]*)@)?([^/?#]*)(\/[^?#]*)?$/i.exec(text.trim());
  if (match === null)
    throw new InvalidInputError(`Redis URL '${withoutPassword(text)}': ${EXPECTED}`);
  const [, scheme = '', userInfo, authority = '', path = ''] = match;
  const display = withoutPassword(text);
  const login = credentials(userInfo);
  switch (scheme.toLowerCase()) {
    case 'redis':
    case 'rediss': {
      const { host, port } = hostPort(authority === '' ? '127.0.0.1' : authority, 6379, display);
      const tls = scheme.toLowerCase() === 'rediss' ? { tls: { servername: host } } : {};
      return {
        kind: 'single',
        display,
        options: { host, port, db: database(path, display), ...login, ...tls },
      };
    }
    case 'unix':
      if (path.length < 2) break;
      return { kind: 'single', display, options: { path: decodeURIComponent(path), ...login } };
    case 'redis+sentinel': {
      const [master = '', db = ''] = path.slice(1).split('/');
      const sentinels = hostList(authority, 26379, display);
      const options = {
        sentinels,
        name: master === '' ? 'mymaster' : master,
        db: database(`/${db}`, display),
      };
      return { kind: 'sentinel', display, options: { ...options, ...login } };
    }
    case 'redis+cluster':
      return {
        kind: 'cluster',
        display,
        nodes: hostList(authority, 6379, display),
        options: login,
      };
  }
  throw new InvalidInputError(`Redis URL '${display}': ${EXPECTED}`);
}

function withoutPassword(text: string): string {
  return text.replace(
    /:\/\/([^@/]*)@/,
    (_, login: string) => `://${login.split(':')[0] ?? ''}:***@`,
  );
}

function credentials(userInfo: string | undefined): { username?: string; password?: string } {
  if (userInfo === undefined || userInfo === '') return {};
  const at = userInfo.indexOf(':');
  const username = decodeURIComponent(at < 0 ? userInfo : userInfo.slice(0, at));
  const password = at < 0 ? '' : decodeURIComponent(userInfo.slice(at + 1));
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function hostList(
  authority: string,
  port: number,
  display: string,
): { host: string; port: number }[] {
  return authority.split(',').map((part) => hostPort(part, port, display));
}

function hostPort(
  text: string,
  defaultPort: number,
  display: string,
): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[2] ?? defaultPort);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new InvalidInputError(`Redis URL '${display}': '${text}' is no host:port; ${EXPECTED}`);
  }
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}

function database(path: string, display: string): number {
  if (path === '' || path === '/') return 0;
  const match = /^\/(\d{1,4})$/.exec(path);
  if (match === null) {
    throw new InvalidInputError(`Redis URL '${display}': '${path.slice(1)}' is no database number`);
  }
  return Number(match[1]);
}
