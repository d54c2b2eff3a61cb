/** What pages hold on to. */
import { createContext } from 'preact';
import { useContext, useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { getJson, Refusal, Source, type Known } from './server.js';

export const SourceContext = createContext(new Source());

export function useKnown(): Known {
  const source = useContext(SourceContext);
  const [known, setKnown] = useState(source.known);
  useEffect(() => {
    const look = () => setKnown(source.known);
    look();
    return source.listen(look);
  }, [source]);
  return known;
}

export interface Fetched<T> {
  readonly data: T | undefined;
  /** Why there is none, in the server's words. */
  readonly error: string | undefined;
}

/** What lies at this path, asked for again at each beat for as long as `isLive` says so. */
export function useFetched<T>(path: string, isLive: (data: T) => boolean): Fetched<T> {
  const source = useContext(SourceContext);
  const [fetched, setFetched] = useState<Fetched<T> & { readonly path: string }>();
  useEffect(() => {
    let isWanted = true;
    let isUnderWay = false;
    let isLast = false;
    const ask = async () => {
      if (isUnderWay || isLast) return;
      isUnderWay = true;
      try {
        const data = await getJson<T>(path);
        isLast = !isLive(data);
        if (isWanted) setFetched({ path, data, error: undefined });
      } catch (error) {
        const isFinal = error instanceof Refusal && error.status < 500;
        isLast = isFinal;
        if (isWanted && isFinal) setFetched({ path, data: undefined, error: error.message });
        else if (isWanted) setTimeout(() => void ask(), 1_500);
      } finally {
        isUnderWay = false;
      }
    };
    void ask();
    const stop = source.onBeat(() => void ask());
    return () => {
      isWanted = false;
      stop();
    };
  }, [path, source]);
  return fetched?.path === path ? fetched : { data: undefined, error: undefined };
}

/** The width that an element has, as it changes. */
export function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (element === null) return undefined;
    // At once: the observer speaks a frame later.
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return [setElement, width];
}

/** Says when the colours change. */
export function useScheme(): boolean {
  const [isDark, setIsDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const look = () => setIsDark(query.matches);
    query.addEventListener('change', look);
    return () => {
      query.removeEventListener('change', look);
    };
  }, []);
  return isDark;
}

/** The page's title, as tabs and bookmarks have it. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Muster' : `${title} · Muster`;
  }, [title]);
}
