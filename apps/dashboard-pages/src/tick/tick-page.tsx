import { clock, ago, duration, grouped } from '../format.js';
import { Empty, Waiting } from '../frame/empty.js';
import { useFetched, useKnown, useTitle } from '../hooks.js';
import { StatusMark } from '../mark.js';
import { Link, tickPath } from '../route.js';
import type { RollView, TickView } from '../views.js';
import { CancelButton } from './cancel-button.js';
import { Outputs } from './outputs.js';
import { Timeline } from './timeline.js';
import { Verdict } from './verdict.js';

export function TickPage({ tick }: { readonly tick: string }) {
  const path = `/api/views/ticks/${encodeURIComponent(tick)}`;
  const { data, error } = useFetched<TickView>(path, ({ status }) => status === 'running');
  const { roll, session } = useKnown();
  useTitle(tick);
  if (error !== undefined) {
    return (
      <main>
        <h1>{tick}</h1>
        <Empty
          says={`${error}.`}
          command="muster ticks"
          way={{ href: '/ticks', words: 'All ticks that are kept' }}
        />
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
      <Fact name="drones" value={grouped(size)} />
      <Fact name="policy" value={policy} />
      {view.status === 'running' && (
        <div class="wide">
          <dt>reported</dt>
          <dd>
            <progress max={size} value={done} aria-label="drones that have reported" />{' '}
            {grouped(done)} of {grouped(size)}
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
