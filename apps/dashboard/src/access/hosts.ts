/** Which addresses are this machine's own, and what a browser may call them. */
import { isIP } from 'node:net';

/** Whether nobody but this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Whether a `Host` header names this machine. A page of another site, whose name was made to point
 * here, still says that name.
 */
export function isOwnHost(header: string | undefined): boolean {
  const match = /^(\[[0-9a-f:]+\]|[^:]+)(?::\d{1,5})?$/i.exec(header ?? '');
  const host = (match?.[1] ?? '').replace(/^\[|\]$/g, '').toLowerCase();
  return isLoopback(host) || host.endsWith('.localhost');
}

/** As it stands in a URL. */
export function urlOf(host: string, port: number): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${String(port)}`;
}
