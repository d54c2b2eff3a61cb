/** Where we are: the address alone says it, so that every view can be linked to. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

function moved(): void {
  for (const listener of listeners) listener();
}

addEventListener('popstate', moved);

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const look = () => setPlace(here());
    listeners.add(look);
    return () => {
      listeners.delete(look);
    };
  }, []);
  return place;
}

export function go(href: string): void {
  history.pushState(null, '', href);
  moved();
  scrollTo(0, 0);
}

/** Changes what the address asks for, without a step to go back to. */
export function setQuery(changes: Readonly<Record<string, string>>): void {
  const { path, query } = here();
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = readable(query.toString());
  history.replaceState(null, '', text === '' ? path : `${path}?${text}`);
  moved();
}

/**
 * Without the escapes that a query can do without: node sets stay readable, and a third as long. A long one
 * names thousands of drones, and a server takes only so much.
 */
function readable(query: string): string {
  return query.replace(/%(?:2C|5B|5D|40|21|2A|2F|3A)/g, decodeURIComponent);
}

export function searchPath(nodeSet: string): string {
  return `/?q=${readable(encodeURIComponent(nodeSet))}`;
}

export function tickPath(tick: string): string {
  return `/ticks/${encodeURIComponent(tick)}`;
}

export function dronePath(drone: string): string {
  return `/drones/${encodeURIComponent(drone)}`;
}

interface LinkProps {
  readonly href: string;
  readonly class?: string;
  readonly 'aria-current'?: 'page' | 'true' | undefined;
  readonly children: ComponentChildren;
}

/** A link of our own pages: followed here, unless it is to be opened elsewhere. */
export function Link({ href, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    go(href);
  };
  return (
    <a href={href} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
