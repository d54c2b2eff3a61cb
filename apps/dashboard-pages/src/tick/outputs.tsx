import { count, grouped } from '../format.js';
import { noOutputWords } from '../no-output.js';
import type { OutputGroup, TickView } from '../views.js';
import { useState } from 'preact/hooks';

const FIRST = 20;
/** Lines that are shown before one asks for more. */
const LINES = 24;

/** What drones printed, those with the same output together. It is text, whatever it holds. */
export function Outputs({ view }: { readonly view: TickView }) {
  const [shown, setShown] = useState(FIRST);
  const { outputs, moreOutputs } = view;
  if (outputs.length === 0)
    return <p class="calm">{view.status === 'running' ? 'None yet.' : 'No drone reported any.'}</p>;
  return (
    <>
      {outputs.slice(0, shown).map((group) => (
        <Output key={group.drones} group={group} />
      ))}
      {outputs.length > shown && (
        <button type="button" onClick={() => setShown(shown + 100)}>
          Show more of {grouped(outputs.length)} different outputs
        </button>
      )}
      {outputs.length <= shown && moreOutputs > 0 && (
        <p class="dim">{count(moreOutputs, 'more different output')}: see the drones’ own pages.</p>
      )}
    </>
  );
}

function Output({ group: { drones, count: many, text, end } }: { readonly group: OutputGroup }) {
  const [isWhole, setIsWhole] = useState(false);
  const lines = text.trimEnd().split('\n');
  const isLong = lines.length > LINES && !isWhole;
  return (
    <article class="output">
      <h3>
        {drones} {many > 1 && <small>{count(many, 'drone')}</small>}
      </h3>
      {text !== '' && (
        <pre tabIndex={0} aria-label={`output of ${drones}`}>
          {isLong ? `${lines.slice(0, LINES).join('\n')}\n` : text}
        </pre>
      )}
      {isLong && (
        <button type="button" onClick={() => setIsWhole(true)}>
          Show all {grouped(lines.length)} lines
        </button>
      )}
      {text === '' && end === null && <p class="dim">{noOutputWords('ok')}</p>}
      {end !== null && (
        <p class="dim">
          {text === '' ? '' : 'the next call: '}
          {noOutputWords(end)}
        </p>
      )}
    </article>
  );
}
