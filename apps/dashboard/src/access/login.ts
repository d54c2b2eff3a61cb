/** The page on which people say who they are, and the ways in and out. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuse, type Guard } from './guard.js';
import { Sessions } from './sessions.js';
import { TooManyTrials } from './trials.js';

export function addLogin(server: FastifyInstance, guard: Guard): void {
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 8_192 },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))));
    },
  );

  server.get('/login', (request, reply) => {
    if (guard.visitor(request) !== undefined) return reply.redirect(nextOf(request.query), 303);
    return reply.type('text/html; charset=utf-8').send(page(guard, nextOf(request.query), ''));
  });

  server.get('/login.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE));

  server.post('/login', async (request, reply) => {
    const { credentials } = guard;
    const next = nextOf(request.body);
    if (credentials === undefined) return reply.redirect(next, 303);
    const { token, user = '', password = '' } = texts(request.body);
    const person = await guard.tried(request, () =>
      token === undefined ? credentials.byPassword(user, password) : credentials.byToken(token),
    );
    if (person === undefined || person instanceof TooManyTrials) {
      const seconds = person === undefined ? '' : String(person.waitSeconds);
      if (person !== undefined) void reply.header('retry-after', seconds);
      const why =
        person === undefined
          ? 'That is not right. Please try again.'
          : `Too many wrong tries: wait ${seconds} seconds.`;
      return reply
        .code(person === undefined ? 401 : 429)
        .type('text/html; charset=utf-8')
        .send(page(guard, next, why));
    }
    const value = guard.sessions.open(person);
    return reply
      .header('set-cookie', cookie(guard, request, value, Sessions.lifeSeconds))
      .redirect(next, 303);
  });

  server.post('/logout', (request, reply) => {
    if (guard.credentials === undefined) return refuse(reply, 404, 'nobody is logged in');
    guard.endSession(request);
    return reply
      .header('set-cookie', cookie(guard, request, '', 0))
      .code(204)
      .send();
  });
}

function cookie(guard: Guard, request: FastifyRequest, value: string, seconds: number): string {
  const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  return `${guard.cookieName(request)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${String(seconds)}${secure}`;
}

function texts(body: unknown): Partial<Record<string, string>> {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

/** A path of this dashboard, as a header can have it; `//elsewhere` and `/\elsewhere` are none. */
function nextOf(from: unknown): string {
  const next = texts(from)['next'] ?? '';
  if (!/^\/(?![/\\])[^\\\s]*$/.test(next) || !URL.canParse(next, HERE)) return '/';
  const { pathname, search, hash } = new URL(next, HERE);
  // As `/a/..//elsewhere` is once it is read.
  return pathname.startsWith('//') ? '/' : pathname + search + hash;
}

const HERE = 'http://dashboard.invalid';

function page({ credentials }: Guard, next: string, why: string): string {
  const kinds = credentials?.kinds ?? { token: false, password: false };
  const hidden = `<input type="hidden" name="next" value="${escape(next)}">`;
  const byToken = `<form method="post" action="/login">${hidden}
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button></form>`;
  const byPassword = `<form method="post" action="/login">${hidden}
<label for="user">Name</label>
<input id="user" name="user" autocomplete="username" required${kinds.token ? '' : ' autofocus'}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Log in</button></form>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Log in · Muster</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/login.css"></head>
<body><main><h1>Muster</h1>${why === '' ? '' : `<p role="alert">${why}</p>`}
${kinds.token ? byToken : ''}${kinds.password ? byPassword : ''}</main></body></html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

const STYLE = `:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:100vh;margin:0;
background:light-dark(#f6f7f8,#12161b);color:light-dark(#1b2129,#dfe5ec)}
main{width:min(20rem,88vw)}h1{font-size:1.3rem}
form{display:grid;gap:.4rem;padding:1.1rem;margin:0 0 1rem;border-radius:8px;
background:light-dark(#fff,#1a2027);border:1px solid light-dark(#d5dae0,#333c47)}
input,button{font:inherit;padding:.5rem .6rem;border-radius:5px;
border:1px solid light-dark(#8a94a0,#6d7884);background:transparent;color:inherit}
button{margin-top:.5rem;background:light-dark(#1f5f99,#2f74b5);border-color:transparent;color:#fff;cursor:pointer}
[role=alert]{color:light-dark(#a33c00,#ff9d5c)}
:focus-visible{outline:2px solid light-dark(#1f5f99,#7ab8f5);outline-offset:2px}
`;
