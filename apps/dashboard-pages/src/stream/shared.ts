/**
 * Runs once for all pages of a browser, and holds one stream of events for them: a browser opens six
 * connections to a server, and a seventh page would wait for one for ever.
 */
import { openEvents, type StreamMessage } from './messages.js';

const pages = new Set<MessagePort>();
let events: EventSource | undefined;
/** What was said last of the server's troubles: a page that comes later is told. */
let trouble: StreamMessage | undefined;

addEventListener('connect', (event) => {
  const [page] = (event as MessageEvent).ports;
  if (page === undefined) return;
  const leave = () => {
    pages.delete(page);
    if (pages.size === 0) stop();
  };
  // The one thing that a page says; where its tab has died, the browser says it.
  page.addEventListener('message', leave);
  page.addEventListener('close', leave);
  page.start();
  pages.add(page);
  if (trouble !== undefined) page.postMessage(trouble);
  events ??= openEvents(tell);
});

function tell(message: StreamMessage): void {
  if (message.kind === 'trouble') trouble = message;
  // The next page that comes tries again.
  if (message.kind === 'lost' && message.isRefused) stop();
  for (const page of pages) page.postMessage(message);
}

function stop(): void {
  events?.close();
  events = undefined;
  trouble = undefined;
}
