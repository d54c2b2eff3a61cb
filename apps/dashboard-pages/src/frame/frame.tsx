import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { sentence } from '../format.js';
import { useKnown } from '../hooks.js';
import { go, Link, usePlace } from '../route.js';
import { postJson } from '../server.js';
import { HelpDialog } from './help-dialog.js';

/** What stands around every page: the ways to the others, and what is wrong. */
export function Frame({ children }: { readonly children: ComponentChildren }) {
  const { path } = usePlace();
  const { trouble, session } = useKnown();
  const help = useRef<HTMLDialogElement>(null);
  useShortcuts(help);
  return (
    <>
      <a class="skip" href="#app-main">
        Skip to content
      </a>
      <header class="top">
        <nav aria-label="main">
          <Link href="/" class="brand" aria-current={current(path, '/', '/drones/')}>
            Fleet
          </Link>
          <Link href="/ticks" aria-current={current(path, '/ticks', '/ticks/')}>
            Ticks
          </Link>
          <a href="/queues">Queues</a>
        </nav>
        <span class="right">
          {session !== undefined && !session.mayChange && (
            // A phone has no room for both this and the way out.
            <span class={session.isPerson ? 'dim wide-only' : 'dim'}>read-only</span>
          )}
          {session?.isPerson === true && (
            <button
              type="button"
              title={session.user}
              onClick={() => {
                void postJson('/logout', {}, session.csrf)
                  .catch(() => undefined)
                  .then(() => {
                    location.assign('/login');
                  });
              }}
            >
              Log out
              {session.user !== 'token' && <span class="wide-only"> {session.user}</span>}
            </button>
          )}
          <button type="button" aria-label="Help" onClick={() => help.current?.showModal()}>
            ?
          </button>
        </span>
      </header>
      {trouble !== null && (
        <p class="trouble" role="alert">
          {sentence(trouble)} What is shown may be old.
        </p>
      )}
      <div id="app-main" tabIndex={-1}>
        {children}
      </div>
      <HelpDialog dialog={help} version={session?.version ?? ''} />
    </>
  );
}

/** Whether the page is the one that the link leads to, or one of those that belong under it. */
function current(path: string, own: string, under: string): 'page' | 'true' | undefined {
  if (path === own) return 'page';
  return path.startsWith(under) ? 'true' : undefined;
}

/** `/` searches, `f` and `t` go to a page, `?` explains; never while somebody types. */
function useShortcuts(help: { readonly current: HTMLDialogElement | null }): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (target.closest('input, select, textarea, dialog[open]') !== null) return;
      if (event.key === '/') {
        event.preventDefault();
        if (location.pathname !== '/') go('/');
        requestAnimationFrame(() => document.getElementById('search')?.focus());
      } else if (event.key === '?') help.current?.showModal();
      else if (event.key === 'f') go('/');
      else if (event.key === 't') go('/ticks');
    };
    document.addEventListener('keydown', press);
    return () => {
      document.removeEventListener('keydown', press);
    };
  }, []);
}
