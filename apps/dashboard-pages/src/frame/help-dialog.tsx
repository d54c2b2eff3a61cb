import type { RefObject } from 'preact';

const KEYS = [
  ['/', 'search drones'],
  ['f', 'fleet'],
  ['t', 'ticks'],
  ['arrows', 'move in the heat map'],
  ['Enter', 'open the drone'],
  ['?', 'this'],
] as const;

const SEARCHES = [
  ['lab[001-040]', 'these'],
  ['@rack1', 'a group'],
  ['lab*', 'by wildcard'],
  ['a,b', 'union'],
  ['a!b', 'a without b'],
  ['a&b', 'in both'],
] as const;

export function HelpDialog(props: {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly version: string;
}) {
  const { dialog, version } = props;
  return (
    <dialog ref={dialog} aria-labelledby="help-title">
      <form method="dialog">
        <h2 id="help-title">Keys and searches</h2>
        <dl class="keys">
          {KEYS.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
          {SEARCHES.map(([text, means]) => (
            <div key={text}>
              <dt>
                <code>{text}</code>
              </dt>
              <dd>{means}</dd>
            </div>
          ))}
        </dl>
        <p class="dim">Muster {version}. Every page is there as JSON under /api.</p>
        <div class="buttons">
          <button type="submit">Close</button>
        </div>
      </form>
    </dialog>
  );
}
