import { OUTCOME_LETTERS, type Timings } from '@muster/protocol';
import { Strip } from '../fleet/strip.js';
import { clock, count, duration, grouped } from '../format.js';
import { Empty, Waiting } from '../frame/empty.js';
import { Unit } from '../unit.js';
import { useFetched, useTitle } from '../hooks.js';
import { LetterMark, OutcomeMark } from '../mark.js';
import { OFF, OPEN } from '../outcomes.js';
import { noOutputWords } from '../no-output.js';
import { Link, tickPath } from '../route.js';
import type { DroneLast, DronePageView, DroneTick, ShownText } from '../views.js';

export function DronePage({ drone }: { readonly drone: string }) {
  const path = encodeURIComponent(drone);
  const { data, error } = useFetched<DronePageView>(`/api/views/drones/${path}`, () => true);
  useTitle(drone);
  if (error !== undefined) {
    return (
      <main>
        <h1>{drone}</h1>
        <Empty says={`${error}.`} command="muster fleet" way={{ href: '/', words: 'All drones' }} />
      </main>
    );
  }
  if (data === undefined) return <Waiting title={drone} />;
  const { standing, workers, ticks, last } = data;
  const letters = ticks.map(({ outcome }) => (outcome === null ? OPEN : OUTCOME_LETTERS[outcome]));
  return (
    <main>
      <div class="head">
        <h1>{drone}</h1>
        {standing?.health === 'disabled' && <LetterMark letter={OFF} />}
        {ticks[0] !== undefined && <OutcomeMark outcome={ticks[0].outcome} />}
        <Strip letters={letters} />
        {/* Kick-out and release have their place here. */}
        <span class="actions">
          <a href={`/api/drones/${path}`}>JSON</a>
        </span>
      </div>
      <dl class="facts">
        {standing === null ? (
          <Fact name="fleet file" value="does not have it" />
        ) : (
          <>
            <Fact name="health" value={standing.health} />
            <Fact name="reached by" value={`${standing.transport}, ${standing.address}`} />
            <Fact name="site" value={standing.site} />
            {standing.tags.length > 0 && <Fact name="tags" value={standing.tags.join(', ')} />}
          </>
        )}
        <Fact name="served by" value={workers.length === 0 ? 'nobody' : workers.join(', ')} />
      </dl>
      {standing !== null && workers.length === 0 && (
        <p class="warn">
          No living worker serves it. Start one:{' '}
          <code>
            muster worker{' '}
            {standing.transport === 'agent' ? `--drone ${drone}` : `--site ${standing.site}`}
          </code>
        </p>
      )}
      <section aria-labelledby="last">
        <h2 id="last">Last outputs</h2>
        <LastEntry last={last} json={`/api/drones/${path}`} />
      </section>
      <section aria-labelledby="history">
        <h2 id="history">History</h2>
        <History ticks={ticks} drone={drone} />
      </section>
    </main>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function LastEntry(props: { readonly last: DroneLast | null; readonly json: string }) {
  const { last, json } = props;
  if (last === null) return <p class="calm">None yet.</p>;
  const { tick, entry, outputs } = last;
  return (
    <>
      <p class="dim">
        from <Link href={tickPath(tick)}>{tick}</Link>
        {entry.worker !== null && ` by ${entry.worker}`}
        {entry.attempts > 1 && `, ${count(entry.attempts, 'attempt')}`}
      </p>
      {entry.error !== null && <p class="failure">{entry.error.message}</p>}
      {entry.warnings.map((warning) => (
        <p class="warn" key={warning}>
          {warning}
        </p>
      ))}
      {entry.calls.map(({ method, status, durationMs }, index) => {
        const output = outputs[index];
        return (
          <article class="output" key={index}>
            <h3>
              {String(index)} {method}{' '}
              <small>{status === 'ok' ? duration(durationMs) : status}</small>
            </h3>
            {output === undefined || output.length === 0 ? (
              <p class="dim">{noOutputWords(status)}</p>
            ) : (
              <Output index={index} output={output} json={json} />
            )}
          </article>
        );
      })}
    </>
  );
}

function Output(props: {
  readonly index: number;
  readonly output: ShownText;
  readonly json: string;
}) {
  const { index, output, json } = props;
  const { text, length } = output;
  return (
    <>
      {text !== '' && (
        <pre tabIndex={0} aria-label={`output of call ${String(index)}`}>
          {text}
        </pre>
      )}
      {text.length < length && (
        <p class="dim">
          {grouped(text.length)} of {grouped(length)} characters; <a href={json}>all as JSON</a>
        </p>
      )}
    </>
  );
}

function History({
  ticks,
  drone,
}: {
  readonly ticks: readonly DroneTick[];
  readonly drone: string;
}) {
  if (ticks.length === 0) {
    return (
      <Empty
        says="It is in none of the recent ticks. Call it:"
        command={`muster tick --on ${drone} -- uptime`}
      />
    );
  }
  const longest = Math.max(1, ...ticks.map(({ timings }) => total(timings)));
  return (
    <table class="history">
      <thead>
        <tr>
          <th scope="col">tick</th>
          <th scope="col">outcome</th>
          <th scope="col" class="number">
            took
          </th>
          <th scope="col" class="track-head">
            queued, connecting, running
          </th>
          <th scope="col">why</th>
        </tr>
      </thead>
      <tbody>
        {ticks.map(({ tick, startedAt, outcome, error, timings }) => (
          <tr key={tick}>
            <th scope="row">
              <Link href={tickPath(tick)}>{tick}</Link>{' '}
              <span class="dim">{clock(Date.parse(startedAt))}</span>
            </th>
            <td>
              <OutcomeMark outcome={outcome} />
            </td>
            <td class="number">
              <Unit words="took" /> {total(timings) === 0 ? '–' : duration(total(timings))}
            </td>
            <td class="track">
              <Bars timings={timings} longest={longest} />
            </td>
            <td class="reason">{error?.message ?? ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function total({ queuedMs, connectMs, runMs }: Timings): number {
  return queuedMs + connectMs + runMs;
}

function Bars({ timings, longest }: { readonly timings: Timings; readonly longest: number }) {
  const { queuedMs, connectMs, runMs } = timings;
  const percent = (ms: number) => `${String((100 * ms) / longest)}%`;
  return (
    <>
      <span class="sr">
        queued {duration(queuedMs)}, connecting {duration(connectMs)}, running {duration(runMs)}
      </span>
      <span class="bar queued" style={{ left: '0', width: percent(queuedMs) }} />
      <span class="bar connect" style={{ left: percent(queuedMs), width: percent(connectMs) }} />
      <span
        class="bar call"
        style={{ left: percent(queuedMs + connectMs), width: percent(runMs) }}
      />
    </>
  );
}
