import type { Outcome } from '@muster/protocol';
import { useState } from 'preact/hooks';
import { count, duration, grouped } from '../format.js';
import { OutcomeMark } from '../mark.js';
import { Link, searchPath } from '../route.js';
import type { TickView } from '../views.js';

const FIRST_REASONS = 30;
/** A tick has ended so long after its deadline, milliseconds, where a combiner lives; and a little more. */
const OVERDUE_MS = 3_000;

/** How the tick ended: the policy, the outcomes, who was bad and why, who warned. */
export function Verdict({ view }: { readonly view: TickView }) {
  const { status, policy, bad, size, warnings } = view;
  const number = bad.reduce((sum, group) => sum + group.count, 0);
  const counts = Object.entries(view.counts) as [Outcome, number][];
  const rest = beyondReasons(view, number);
  return (
    <section aria-label="verdict" class="verdict">
      <p>
        {status === 'running'
          ? runningWords(view)
          : status === 'ok'
            ? `The policy (${policy}) is met${number === 0 ? ': every drone is ok' : `; ${count(number, 'bad drone')} tolerated`}.`
            : status === 'cancelled'
              ? `It was ${rest ?? 'cancelled'}.`
              : `The policy (${policy}) is not met: ${grouped(number)} of ${count(size, 'drone')} bad.`}
      </p>
      {isOverdue(view) && (
        <p class="warn">
          No combiner has ended it: none lives, or none reaches Redis. Start one:{' '}
          <code>muster combiner</code>
        </p>
      )}
      {counts.length > 0 && (
        <p class="counts">
          {counts.map(([outcome, drones]) => (
            <span key={outcome}>
              {grouped(drones)} <OutcomeMark outcome={outcome} />
            </span>
          ))}
        </p>
      )}
      {rest !== null && status !== 'cancelled' && <p class="failure">{rest}</p>}
      <Reasons view={view} />
      {warnings.map(({ drones, text }) => (
        <p class="warn" key={text}>
          <strong>{drones}</strong> warns: {text}
        </p>
      ))}
    </section>
  );
}

function isOverdue({ status, now, startedAt, deadlineMs }: TickView): boolean {
  return status === 'running' && now - startedAt > deadlineMs + OVERDUE_MS;
}

function runningWords(view: TickView): string {
  const { now, startedAt, deadlineMs, isClosing, open } = view;
  if (isOverdue(view)) return `It should have ended ${duration(now - startedAt - deadlineMs)} ago.`;
  if (isClosing) return 'It is being ended: the last reports are waited for.';
  return open.length === 0 ? 'Every drone has reported: a combiner is to end it.' : 'It runs.';
}

/** What the failure's line says besides the number of bad drones and each one's reason, which stand by themselves. */
function beyondReasons({ message, bad, size }: TickView, number: number): string | null {
  if (message === null) return null;
  const reasons = bad.map(({ drones, outcome, message: why }) => {
    return `${drones} ${outcome}${why === '' ? '' : ` (${why})`}`;
  });
  const drones = `${String(size)} drone${size === 1 ? '' : 's'}`;
  const own = `${String(number)} of ${drones} failed: ${reasons.join('; ')}`;
  if (message === own) return null;
  return message.endsWith(`; ${own}`) ? message.slice(0, -own.length - 2) : message;
}

/** Bad drones, those with the same reason together. */
function Reasons({ view: { bad } }: { readonly view: TickView }) {
  const [shown, setShown] = useState(FIRST_REASONS);
  if (bad.length === 0) return null;
  return (
    <>
      <ul class="reasons">
        {bad.slice(0, shown).map(({ drones, count: many, outcome, message }) => (
          <li key={`${outcome} ${message}`}>
            <OutcomeMark outcome={outcome} />
            <Link href={searchPath(drones)} class="who">
              {drones}
            </Link>
            {many > 1 && <small>{count(many, 'drone')}</small>}
            <span class="reason">{message}</span>
          </li>
        ))}
      </ul>
      {bad.length > shown && (
        <button type="button" onClick={() => setShown(shown + 200)}>
          Show more of {grouped(bad.length)} reasons
        </button>
      )}
    </>
  );
}
