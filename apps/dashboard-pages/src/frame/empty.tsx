import { Link } from '../route.js';

/** What a page says when there is nothing to show: what to type next. */
export function Empty(props: {
  readonly says: string;
  readonly command?: string;
  readonly then?: string;
  /** Where to go from here. */
  readonly way?: { readonly href: string; readonly words: string };
}) {
  const { says, command, then, way } = props;
  return (
    <div class="empty">
      <p>{says}</p>
      {command !== undefined && (
        <pre>
          <code>$ {command}</code>
        </pre>
      )}
      {then !== undefined && <p>{then}</p>}
      {way !== undefined && (
        <p>
          <Link href={way.href}>{way.words}</Link>
        </p>
      )}
    </div>
  );
}

export function Waiting({ title }: { readonly title: string }) {
  return (
    <main aria-busy="true">
      <div class="head">
        <h1>{title}</h1>
        <p class="dim">reading…</p>
      </div>
    </main>
  );
}
