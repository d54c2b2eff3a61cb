import { OUTCOMES } from '@muster/protocol';
import { ago, clock, count, grouped, duration } from '../format.js';
import { Empty, Waiting } from '../frame/empty.js';
import { useKnown, useTitle } from '../hooks.js';
import { Unit } from '../unit.js';
import { StatusMark } from '../mark.js';
import { kindOf } from '../outcomes.js';
import { Link, setQuery, tickPath, usePlace } from '../route.js';
import type { TickLine } from '../views.js';
import { LaneChart } from './lane-chart.js';

/** Rows of the list. */
const FIRST = 100;

export function TicksPage() {
  const { roll } = useKnown();
  const { query } = usePlace();
  useTitle('Ticks');
  if (roll === undefined) return <Waiting title="Ticks" />;
  const lane = query.get('lane') ?? '';
  const lanes = [...new Set(roll.lines.map((line) => line.lane))].sort();
  const lines = lane === '' ? roll.lines : roll.lines.filter((line) => line.lane === lane);
  const bad = lines.filter(({ status }) => status === 'failed' || status === 'cancelled').length;
  return (
    <main>
      <div class="head">
        <h1>Ticks</h1>
        <p class="summary">
          <span>{count(lines.length, 'tick')}</span>
          <strong class={bad > 0 ? 'loud' : ''}>{String(bad)} not ok</strong>
        </p>
        <label class="pick">
          lane{' '}
          <select value={lane} onChange={(event) => setQuery({ lane: event.currentTarget.value })}>
            <option value="">all</option>
            {lanes.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span class="actions">
          <a href={`/api/ticks${lane === '' ? '' : `?lane=${encodeURIComponent(lane)}`}`}>JSON</a>
        </span>
      </div>
      {lines.length === 0 ? (
        <Empty
          says={lane === '' ? 'No tick has run yet.' : `No tick of lane ${lane} is kept.`}
          command={`muster tick ${lane === '' ? '' : `--lane ${lane} `}-- uptime`}
        />
      ) : (
        <>
          <div class="lanes">
            {lanes
              .filter((name) => lane === '' || name === lane)
              .map((name) => (
                <section key={name} aria-label={`lane ${name}`}>
                  <h2>{name}</h2>
                  <LaneChart lane={name} lines={roll.lines.filter((line) => line.lane === name)} />
                </section>
              ))}
          </div>
          <section aria-labelledby="list">
            <h2 id="list">Newest first</h2>
            <List lines={lines.slice(0, FIRST)} />
            {lines.length > FIRST && (
              <p class="dim">
                The newest {String(FIRST)}; all of them: <code>muster ticks</code>
              </p>
            )}
          </section>
        </>
      )}
    </main>
  );
}

function List({ lines }: { readonly lines: readonly TickLine[] }) {
  return (
    <table class="ticks">
      <thead>
        <tr>
          <th scope="col">tick</th>
          <th scope="col">status</th>
          <th scope="col">started</th>
          <th scope="col" class="number">
            took
          </th>
          <th scope="col" class="number">
            drones
          </th>
          <th scope="col">outcomes</th>
          <th scope="col">why</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.tick}>
            <th scope="row">
              <Link href={tickPath(line.tick)}>{line.tick}</Link>
            </th>
            <td>
              <StatusMark status={line.status} />
            </td>
            <td>
              {clock(line.startedAt)} <span class="dim">{ago(line.startedAt)}</span>
            </td>
            <td class="number">
              <Unit words="took" /> {line.durationMs === null ? '…' : duration(line.durationMs)}
            </td>
            <td class="number">
              {grouped(line.size)} <Unit words={line.size === 1 ? 'drone' : 'drones'} />
            </td>
            <td>
              <Outcomes line={line} />
            </td>
            <td class="reason">{line.message}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The share of each outcome, as a bar and in words. */
function Outcomes({ line }: { readonly line: TickLine }) {
  const present = OUTCOMES.filter((outcome) => (line.counts[outcome] ?? 0) > 0);
  const words = present.map((outcome) => `${String(line.counts[outcome])} ${outcome}`).join(', ');
  return (
    <span class="shares" title={words}>
      <span class="sr">{words}</span>
      {present.map((outcome) => (
        <span
          key={outcome}
          class={`share ${kindOf(outcome)}`}
          style={{ flexGrow: String(line.counts[outcome] ?? 0) }}
        />
      ))}
    </span>
  );
}
