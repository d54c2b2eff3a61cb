/** Answers of some length travel compressed. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

const pack = promisify(gzip);

/** Bytes from which it is worth it. */
const FROM = 1_400;

export function addCompression(server: FastifyInstance): void {
  server.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' || payload.length < FROM) return payload;
    if (reply.hasHeader('content-encoding')) return payload;
    if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return payload;
    void reply.header('content-encoding', 'gzip').header('vary', 'accept-encoding');
    void reply.removeHeader('content-length');
    return pack(payload, { level: 3 });
  });
}
