/** The server's stream of events, as a page follows it. */
import { openEvents, type StreamMessage } from './messages.js';

/** Tells all that is said from now on; gives the way to follow it no longer. */
export function followStream(tell: (message: StreamMessage) => void): () => void {
  return followShared(tell) ?? followAlone(tell);
}

function followAlone(tell: (message: StreamMessage) => void): () => void {
  const events = openEvents(tell);
  return () => {
    events.close();
  };
}

/** Undefined where the browser has no workers that pages share. */
function followShared(tell: (message: StreamMessage) => void): (() => void) | undefined {
  const path = document.querySelector<HTMLMetaElement>('meta[name="muster-stream"]')?.content;
  if (path === undefined || !('SharedWorker' in globalThis)) return undefined;
  try {
    const worker = new SharedWorker(path, { type: 'module' });
    const { port } = worker;
    let leave = () => {
      port.postMessage('leave');
      port.close();
    };
    worker.addEventListener('error', () => {
      // As where another version of the dashboard is there by now, which does not have it.
      port.close();
      leave = followAlone(tell);
    });
    port.addEventListener('message', ({ data }: MessageEvent<StreamMessage>) => tell(data));
    port.start();
    return () => {
      leave();
    };
  } catch {
    return undefined;
  }
}
