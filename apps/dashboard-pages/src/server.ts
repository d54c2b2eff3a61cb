/** What we ask of the server, and what it tells us by itself. */
import { sentence } from './format.js';
import { followStream } from './stream/follow.js';
import type { EventKind } from './stream/messages.js';
import type { RollChange, RollView, SessionView, TickLine } from './views.js';

export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** @throws Refusal with the server's own words. */
export async function getJson<T>(path: string): Promise<T> {
  return read<T>(await fetch(path, { headers: { accept: 'application/json' } }));
}

export async function postJson<T>(path: string, body: unknown, csrf: string): Promise<T> {
  const headers = { 'content-type': 'application/json', 'x-xsrf-token': csrf };
  return read<T>(await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

let isLeaving = false;

async function read<T>(response: Response): Promise<T> {
  if (response.status === 401 && !isLeaving) {
    // The session is over: the server shows the way in. A second reload would cut the first one off.
    isLeaving = true;
    location.reload();
  }
  const data = (await response.json().catch(() => ({}))) as T & { error?: string };
  if (!response.ok)
    throw new Refusal(response.status, data.error ?? `HTTP ${String(response.status)}`);
  return data;
}

const RETRY_MS = 2_000;

export interface Known {
  readonly roll: RollView | undefined;
  readonly session: SessionView | undefined;
  /** Why what is shown may be old; null where it is not. */
  readonly trouble: string | null;
}

/** Everything that all pages share, and one stream of events that keeps it true. */
export class Source {
  known: Known = { roll: undefined, session: undefined, trouble: null };
  readonly #listeners = new Set<() => void>();
  readonly #beats = new Set<() => void>();
  #isAhead = false;
  /** By who found it: each says for itself when it is over. */
  readonly #troubles: { stream: string | null; question: string | null } = {
    stream: null,
    question: null,
  };
  /** Follows the stream of events no longer. */
  #leave: () => void = () => undefined;

  /**
   * Listens for as long as somebody looks: the server need not look for news for those in the background.
   * Resolves once the first question is answered or failed.
   */
  start(): Promise<void> {
    const asked = this.#begin();
    document.addEventListener('visibilitychange', () => {
      this.#leave();
      this.#leave = () => undefined;
      if (!document.hidden) void this.#begin();
    });
    return asked;
  }

  #begin(): Promise<void> {
    let isFollowed = true;
    let wasLost = false;
    const leave = followStream((message) => {
      if (!isFollowed) return;
      if (message.kind === 'open') {
        // What was said meanwhile was missed.
        if (wasLost) void this.#ask();
        wasLost = false;
      } else if (message.kind === 'lost') {
        wasLost = true;
        this.#setTrouble('stream', 'The dashboard does not answer. Trying again…');
        if (!message.isRefused) return;
        // The browser does not come back by itself: asking finds out why.
        this.#leave();
        const later = setTimeout(() => void this.#begin(), RETRY_MS);
        this.#leave = () => {
          clearTimeout(later);
        };
      } else this.#hear(message.kind, message.data);
    });
    this.#leave = () => {
      isFollowed = false;
      leave();
    };
    return this.#ask();
  }

  #hear(kind: EventKind, data: string): void {
    if (kind === 'trouble') {
      const { text } = JSON.parse(data) as { text: string | null };
      this.#setTrouble('stream', text);
      if (text === null && this.known.roll === undefined) void this.#ask();
      return;
    }
    if (kind === 'roll') this.#change(JSON.parse(data) as RollChange);
    this.#beat();
  }

  /** Called whenever something that we know has changed; gives the way to stop. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Called about once a second while a tick runs. */
  onBeat(listener: () => void): () => void {
    this.#beats.add(listener);
    return () => {
      this.#beats.delete(listener);
    };
  }

  async #ask(): Promise<void> {
    if (this.#isAhead) return;
    this.#isAhead = true;
    try {
      const [session, roll] = await Promise.all([
        getJson<SessionView>('/api/session'),
        getJson<RollView>('/api/views/roll'),
      ]);
      this.#set({ session, roll });
      this.#setTrouble('question', null);
      this.#beat();
    } catch (error) {
      const text = error instanceof Refusal ? error.message : 'The dashboard does not answer.';
      this.#setTrouble('question', `${sentence(text)} Trying again…`);
      setTimeout(() => void this.#ask(), RETRY_MS);
    } finally {
      this.#isAhead = false;
    }
  }

  #change(change: RollChange): void {
    const { roll } = this.known;
    if (roll === undefined) return;
    if (change.universe !== roll.universe) {
      void this.#ask();
      return;
    }
    const lines = new Map<string, TickLine>(
      [...roll.lines, ...change.lines].map((line) => [line.tick, line]),
    );
    const heat = new Map([...roll.heat, ...change.heat].map((row) => [row.tick, row]));
    this.#set({
      roll: {
        ...roll,
        health: change.health ?? roll.health,
        workers: change.workers ?? roll.workers,
        lines: change.order.flatMap((tick) => lines.get(tick) ?? []),
        heat: change.order.slice(0, 50).flatMap((tick) => heat.get(tick) ?? []),
      },
    });
  }

  #setTrouble(from: 'stream' | 'question', text: string | null): void {
    this.#troubles[from] = text;
    const { stream, question } = this.#troubles;
    this.#set({ trouble: stream ?? question });
  }

  #set(change: Partial<Known>): void {
    this.known = { ...this.known, ...change };
    for (const listener of this.#listeners) listener();
  }

  #beat(): void {
    for (const listener of this.#beats) listener();
  }
}
