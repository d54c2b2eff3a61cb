/** The files of our own pages: made by set-up, kept in memory, named by their content. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../access/guard.js';

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

/** Paths of our own pages; the rest of the way is found in the browser. */
const PAGES = ['/', '/ticks', '/ticks/:tick', '/drones/:drone'];

/** Also of a path that leads nowhere, which the page says. */
export function addPages(server: FastifyInstance): void {
  const script = load('app.js', 'text/javascript; charset=utf-8');
  const stream = load('stream.js', 'text/javascript; charset=utf-8');
  const style = load('app.css', 'text/css; charset=utf-8');
  const files = new Map([
    [`/assets/app-${digest(script)}.js`, script],
    [`/assets/app-${digest(style)}.css`, style],
    [`/assets/stream-${digest(stream)}.js`, stream],
  ]);
  for (const [path, asset] of files) {
    server.get(path, (request, reply) => {
      void reply.header('cache-control', 'private, max-age=31536000, immutable');
      return send(request, reply, asset);
    });
  }
  const [scriptPath = '', stylePath = '', streamPath = ''] = files.keys();
  const text = pageText(scriptPath, stylePath, streamPath);
  const page = pack(Buffer.from(text), 'text/html; charset=utf-8');
  for (const path of PAGES) server.get(path, (request, reply) => send(request, reply, page));
  server.setNotFoundHandler((request, reply) => {
    const wantsPage = request.headers.accept?.includes('text/html') === true;
    if (wantsPage) return send(request, reply.code(404), page);
    return refuse(reply, 404, 'there is nothing here');
  });
}

function send(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  const accepted = request.headers['accept-encoding'] ?? '';
  void reply.type(asset.type).header('vary', 'accept-encoding');
  if (/\bbr\b/.test(accepted)) return reply.header('content-encoding', 'br').send(asset.brotli);
  if (/\bgzip\b/.test(accepted)) return reply.header('content-encoding', 'gzip').send(asset.gzip);
  return reply.send(asset.plain);
}

/** @throws Error that says what to run where set-up has not made it. */
function load(name: string, type: string): Asset {
  const require = createRequire(import.meta.url);
  try {
    return pack(readFileSync(require.resolve(`@muster/dashboard-pages/bundle/${name}`)), type);
  } catch (error) {
    throw new Error('the pages of the dashboard are not built: run `npm start` once', {
      cause: error,
    });
  }
}

function pack(plain: Buffer, type: string): Asset {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  return { type, plain, gzip: gzipSync(plain), brotli: brotliCompressSync(plain, { params }) };
}

function digest({ plain }: Asset): string {
  return createHash('sha256').update(plain).digest('hex').slice(0, 12);
}

function pageText(script: string, style: string, stream: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Muster</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="muster-stream" content="${stream}">
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cg fill='%232f7fb8'%3E%3Crect x='1' y='1' width='6' height='6' rx='1'/%3E%3Crect x='9' y='1' width='6' height='6' rx='1'/%3E%3Crect x='1' y='9' width='6' height='6' rx='1'/%3E%3C/g%3E%3Crect x='9' y='9' width='6' height='6' rx='1' fill='%23d55e00'/%3E%3C/svg%3E">
<link rel="stylesheet" href="${style}">
<link rel="preload" href="/api/views/roll" as="fetch" crossorigin="anonymous">
<link rel="preload" href="/api/session" as="fetch" crossorigin="anonymous">
<script type="module" src="${script}"></script>
</head>
<body>
<div id="shell"><header class="top"><nav><a href="/">Fleet</a><a href="/ticks">Ticks</a><a href="/queues">Queues</a></nav></header></div>
<div id="app"></div>
<noscript>This dashboard needs JavaScript. The same is there as JSON: /api/fleet, /api/ticks.</noscript>
</body>
</html>
`;
}
