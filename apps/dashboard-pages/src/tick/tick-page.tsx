import { useState } from 'preact/hooks';
import { count, clock, ago, duration } from '../format.js';
import { Empty, Waiting } from '../frame/empty.js';
import { useFetched, useKnown, useTitle } from '../hooks.js';
import { OutcomeMark, StatusMark } from '../mark.js';
import { Link, tickPath } from '../route.js';
import type { Outcome } from '@muster/protocol';
import type { RollView, TickView } from '../views.js';
import { CancelButton } from './cancel-button.js';
import { Outputs } from './outputs.js';
import { Timeline } from './timeline.js';

const FIRST_REASONS = 30;

export function TickPage({ tick }: { readonly tick: string }) {
  const path = `/api/views/ticks/${encodeURIComponent(tick)}`;
  const { data, error } = useFetched<TickView>(path, ({ status }) => status === 'running');
  const { roll, session } = useKnown();
  useTitle(tick);
  if (error !== undefined) {
    return (
      <main>
        <h1>{tick}</h1>
        <Empty says={`${error}.`} command="muster ticks" />
      </main>
    );
  }
  if (data === undefined) return <Waiting title={tick} />;
  const isRunning = data.status === 'running';
  return (
    <main>
      <div class="head">
        <h1>{tick}</h1>
        <StatusMark status={data.status} />
        <Neighbours view={data} roll={roll} />
        <span class="actions">
          {isRunning && session?.mayChange === true && (
            <CancelButton tick={tick} isClosing={data.isClosing} csrf={session.csrf} />
          )}
          <a href={`/queues/queue/ticks/${encodeURIComponent(tick)}`}>Bull Board</a>
          <a href={`/api/ticks/${encodeURIComponent(tick)}`}>JSON</a>
        </span>
      </div>
      <Facts view={data} />
      <Verdict view={data} />
      <section aria-labelledby="timeline">
        <h2 id="timeline">Drones, the slowest first</h2>
        <Timeline view={data} />
      </section>
      <section aria-labelledby="outputs">
        <h2 id="outputs">Outputs, folded</h2>
        <Outputs view={data} />
      </section>
    </main>
  );
}

function Facts({ view }: { readonly view: TickView }) {
  const { startedAt, durationMs, deadlineMs, now, size, lane, policy } = view;
  const done = view.reported.length;
  return (
    <dl class="facts">
      <Fact
        name="lane"
        value={<Link href={`/ticks?lane=${encodeURIComponent(lane)}`}>{lane}</Link>}
      />
      <Fact name="started" value={`${clock(startedAt)} (${ago(startedAt, now)})`} />
      {durationMs === null ? (
        <Fact name="runs for" value={`${duration(now - startedAt)} of ${duration(deadlineMs)}`} />
      ) : (
        <Fact name="took" value={`${duration(durationMs)} of ${duration(deadlineMs)}`} />
      )}
      <Fact name="drones" value={String(size)} />
      <Fact name="policy" value={policy} />
      {view.status === 'running' && (
        <div class="wide">
          <dt>reported</dt>
          <dd>
            <progress max={size} value={done} aria-label="drones that have reported" />{' '}
            {String(done)} of {String(size)}
          </dd>
        </div>
      )}
    </dl>
  );
}

function Fact({
  name,
  value,
}: {
  readonly name: string;
  readonly value: preact.ComponentChildren;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Verdict({ view }: { readonly view: TickView }) {
  const { status, policy, bad, size, warnings, isClosing } = view;
  const number = bad.reduce((sum, group) => sum + group.count, 0);
  const counts = Object.entries(view.counts) as [Outcome, number][];
  return (
    <section aria-label="verdict" class="verdict">
      <p>
        {status === 'running'
          ? isClosing
            ? 'It is being ended: the last reports are waited for.'
            : 'It runs.'
          : status === 'ok'
            ? `The policy (${policy}) is met${number === 0 ? ': every drone is ok' : `; ${count(number, 'bad drone')} tolerated`}.`
            : status === 'cancelled'
              ? 'It was cancelled.'
              : `The policy (${policy}) is not met: ${String(number)} of ${count(size, 'drone')} bad.`}
      </p>
      {counts.length > 0 && (
        <p class="counts">
          {counts.map(([outcome, drones]) => (
            <span key={outcome}>
              {drones.toLocaleString('en')} <OutcomeMark outcome={outcome} />
            </span>
          ))}
        </p>
      )}
      {view.message !== null && <p class="failure">{view.message}</p>}
      <Reasons view={view} />
      {warnings.map(({ drones, text }) => (
        <p class="warn" key={text}>
          <strong>{drones}</strong> warns: {text}
        </p>
      ))}
    </section>
  );
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
            <Link href={`/?q=${encodeURIComponent(drones)}`} class="who">
              {drones}
            </Link>
            {many > 1 && <small>{count(many, 'drone')}</small>}
            <span class="reason">{message}</span>
          </li>
        ))}
      </ul>
      {bad.length > shown && (
        <button type="button" onClick={() => setShown(shown + 200)}>
          Show more of {String(bad.length)} reasons
        </button>
      )}
    </>
  );
}

/** The ticks of the lane before and after it. */
function Neighbours(props: { readonly view: TickView; readonly roll: RollView | undefined }) {
  const { view, roll } = props;
  const lane = roll?.lines.filter((line) => line.lane === view.lane) ?? [];
  const at = lane.findIndex(({ tick }) => tick === view.tick);
  if (at < 0) return null;
  const [after, before] = [lane[at - 1], lane[at + 1]];
  return (
    <nav class="neighbours" aria-label="other ticks of this lane">
      {before !== undefined && <Link href={tickPath(before.tick)}>‹ {before.tick}</Link>}
      {after !== undefined && <Link href={tickPath(after.tick)}>{after.tick} ›</Link>}
    </nav>
  );
}
