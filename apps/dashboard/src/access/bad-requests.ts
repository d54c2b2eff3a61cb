/** Answers to what no route sees, because it is no request that can be read: an error, and no more. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from './guard.js';
import { securityHeaders } from './headers.js';

/** For an address that has no meaning, as `/%ff`. */
export function answerBadUrl(_error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  void refuse(reply.headers(securityHeaders('')), 400, 'the address cannot be read');
}

/** For what is no HTTP, has headers that are too long, or never ends. */
export function answerBadWire(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS[error.code ?? ''] ?? 400;
  const why = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ error: why.toLowerCase() });
  const headers = {
    ...securityHeaders(''),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${String(status)} ${why}\r\n${lines.join('')}\r\n${body}`);
}

const STATUS: Partial<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
