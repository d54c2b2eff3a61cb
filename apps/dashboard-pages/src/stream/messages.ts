/** What is said of the server's stream of events, to whoever follows it. */

const KINDS = ['roll', 'beat', 'trouble'] as const;

export type EventKind = (typeof KINDS)[number];

export type StreamMessage =
  /** It is there, or there again. */
  | { readonly kind: 'open' }
  /** It is gone; where it was refused it does not come back by itself. */
  | { readonly kind: 'lost'; readonly isRefused: boolean }
  /** An event of the server, with its JSON. */
  | { readonly kind: EventKind; readonly data: string };

/** Opens the stream itself, and tells all of it. */
export function openEvents(tell: (message: StreamMessage) => void): EventSource {
  const events = new EventSource('/api/events');
  events.addEventListener('open', () => tell({ kind: 'open' }));
  events.addEventListener('error', () => {
    tell({ kind: 'lost', isRefused: events.readyState === EventSource.CLOSED });
  });
  for (const kind of KINDS) {
    events.addEventListener(kind, ({ data }: MessageEvent<string>) => tell({ kind, data }));
  }
  return events;
}
