/** Sessions that live in a signed cookie: the server keeps its key, and which were ended early. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Person } from './credentials.js';

const LIFE_MS = 12 * 3_600_000;

export interface Session extends Person {
  /** What its changes must carry, so that no other site can make them. */
  readonly csrf: string;
}

export class Sessions {
  readonly #key = randomBytes(32);
  /** Until when each would have lived. */
  readonly #ended = new Map<string, number>();
  /** What is to happen when a session is over, by its body. */
  readonly #atEnd = new Map<string, Set<() => void>>();

  /** The value of a cookie. */
  open(person: Person, now = Date.now()): string {
    const body = Buffer.from(
      JSON.stringify({
        name: person.name,
        until: now + LIFE_MS,
        id: randomBytes(12).toString('hex'),
      }),
    ).toString('base64url');
    return `${body}.${this.#sign(`session ${body}`)}`;
  }

  /** Undefined for one that is not ours, or is over. */
  read(cookie: string, now = Date.now()): Session | undefined {
    const [body = '', signature = ''] = cookie.split('.');
    if (!isSame(signature, this.#sign(`session ${body}`))) return undefined;
    const { name, until } = parse(body);
    if (until <= now || this.#ended.has(body)) return undefined;
    return { name, csrf: this.csrfOf(body) };
  }

  /** Nobody comes in by it any more. */
  end(cookie: string, now = Date.now()): void {
    if (this.read(cookie, now) === undefined) return;
    for (const [body, until] of this.#ended) if (until <= now) this.#ended.delete(body);
    const [body = ''] = cookie.split('.');
    this.#ended.set(body, parse(body).until);
    for (const tell of this.#atEnd.get(body) ?? []) tell();
  }

  /** Has `tell` called once when that session ends, early or by itself; gives the way to stop waiting. */
  whenOver(cookie: string, tell: () => void, now = Date.now()): () => void {
    const [body = ''] = cookie.split('.');
    const tellers = this.#atEnd.get(body) ?? new Set();
    const stop = () => {
      clearTimeout(timer);
      tellers.delete(once);
      if (tellers.size === 0) this.#atEnd.delete(body);
    };
    const once = () => {
      stop();
      tell();
    };
    const timer = setTimeout(once, parse(body).until - now);
    this.#atEnd.set(body, tellers.add(once));
    return stop;
  }

  /** Of a session, or of whatever else somebody was let in by. */
  csrfOf(what: string): string {
    return this.#sign(`csrf ${what}`);
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }

  /** In seconds, for the cookie. */
  static readonly lifeSeconds = LIFE_MS / 1_000;
}

function parse(body: string): { readonly name: string; readonly until: number } {
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as { name: string; until: number };
}

/** Compares without telling by its time where two texts differ. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
