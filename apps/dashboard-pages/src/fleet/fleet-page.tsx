import { foldNodeSet } from '@muster/protocol';
import { useMemo } from 'preact/hooks';
import { Empty, Waiting } from '../frame/empty.js';
import { count, grouped } from '../format.js';
import { useKnown, useTitle } from '../hooks.js';
import { Link, setQuery, tickPath, usePlace } from '../route.js';
import type { RollView } from '../views.js';
import { isOff, isUnserved } from './cells.js';
import { HeatMap } from './heat-map.js';
import type { HeatMode } from './heat-layout.js';
import { Legend } from './legend.js';
import { search } from './search.js';
import { streakOf, type Streak } from './streaks.js';
import { TroubleList } from './trouble-list.js';

/** Drones up to which each has a row of its own unless asked otherwise. */
const FEW = 60;

export function FleetPage() {
  const { roll } = useKnown();
  const { query } = usePlace();
  useTitle('Fleet');
  if (roll === undefined) return <Waiting title="Fleet" />;
  return <Fleet roll={roll} query={query} />;
}

function Fleet({ roll, query }: { readonly roll: RollView; readonly query: URLSearchParams }) {
  const text = query.get('q') ?? '';
  const by = query.get('by') === 'group' ? 'group' : 'site';
  const found = useMemo(() => search(text, roll), [text, roll.drones, roll.groups]);
  const shown = useMemo(
    () =>
      [...roll.drones.keys()].filter(
        (drone) =>
          found.kind === 'all' ||
          (found.kind === 'some' && found.drones.has(roll.drones[drone] ?? '')),
      ),
    [found, roll.drones],
  );
  const streaks = useMemo(
    () => new Map(shown.map((drone): [number, Streak] => [drone, streakOf(roll.heat, drone)])),
    [shown, roll.heat],
  );
  // Nobody waits for those that are disabled.
  const inUse = useMemo(
    () => new Map([...streaks].filter(([drone]) => !isOff(roll, drone))),
    [streaks, roll.health],
  );
  const view = query.get('view');
  const mode: HeatMode =
    view === 'cells' || view === 'history' ? view : shown.length > FEW ? 'cells' : 'history';
  const blocks = useMemo(
    () => blocksOf(roll, shown, by),
    [roll.drones, roll.site, roll.groups, shown, by],
  );
  const longest = useMemo(
    () => shown.reduce((most, drone) => Math.max(most, roll.drones[drone]?.length ?? 0), 0),
    [shown, roll.drones],
  );
  return (
    <main>
      <div class="head">
        <h1>Fleet</h1>
        {found.kind !== 'error' && <Summary roll={roll} shown={shown} streaks={inUse} />}
        <span class="actions">
          <a href="/api/fleet">JSON</a>
        </span>
      </div>
      <div class="tools">
        <label class="search">
          <span class="sr">Search drones by node set</span>
          <input
            id="search"
            type="search"
            value={text}
            placeholder="lab[001-040], @rack1, lab*!lab007"
            autocomplete="off"
            spellcheck={false}
            aria-describedby="search-says"
            onInput={(event) => setQuery({ q: event.currentTarget.value })}
          />
        </label>
        <Choice name="by" label="in blocks by" value={by} values={['site', 'group']} />
        <Choice name="view" label="show" value={mode} values={['cells', 'history']} />
        <p id="search-says" class={`says${found.kind === 'error' ? ' loud' : ''}`} role="status">
          {found.kind === 'error'
            ? found.message
            : found.kind === 'some'
              ? `${count(shown.length, 'drone')} of ${grouped(roll.drones.length)}`
              : ''}
        </p>
      </div>
      {roll.drones.length === 0 ? (
        <Empty
          says="No drones are known here."
          command="muster dashboard --fleet fleet.yaml"
          then="or run a tick: its drones show up here."
        />
      ) : (
        <>
          {found.kind !== 'error' && (
            <>
              <section aria-labelledby="bad-now">
                <h2 id="bad-now">Bad now</h2>
                <Unserved roll={roll} shown={shown} />
                <TroubleList roll={roll} streaks={inUse} isAll={found.kind === 'all'} />
                {roll.lines.length === 0 && (
                  <Empty says="Run a first tick:" command="muster tick --on '*' -- uptime" />
                )}
              </section>
              <section aria-labelledby="all-drones">
                <h2 id="all-drones">
                  {mode === 'cells'
                    ? 'Every drone, its last outcome'
                    : 'Every drone, its recent ticks'}
                </h2>
                <Legend mode={mode} roll={roll} streaks={streaks} />
                {blocks.map(({ title, drones }) => (
                  <div class="block" key={title}>
                    <h3>
                      {title} <small>{count(drones.length, 'drone')}</small>
                    </h3>
                    <HeatMap {...{ title, mode, roll, drones, streaks, longest }} />
                  </div>
                ))}
              </section>
            </>
          )}
          <Workers roll={roll} />
        </>
      )}
    </main>
  );
}

function Summary(props: {
  readonly roll: RollView;
  readonly shown: readonly number[];
  readonly streaks: ReadonlyMap<number, Streak>;
}) {
  const { roll, shown, streaks } = props;
  const bad = shown.filter((drone) => (streaks.get(drone)?.ticks ?? 0) > 0).length;
  const ok = shown.filter((drone) => streaks.get(drone)?.letter === 'o').length;
  const unserved = shown.filter((drone) => isUnserved(roll, drone)).length;
  const running = roll.lines.filter(({ status }) => status === 'running');
  return (
    <p class="summary">
      <strong class={bad > 0 ? 'loud' : ''}>{grouped(bad)} bad</strong>
      <span>{grouped(ok)} ok</span>
      {unserved > 0 && <strong class="loud">{grouped(unserved)} unserved</strong>}
      {shown.length > streaks.size && <span>{grouped(shown.length - streaks.size)} disabled</span>}
      <span class="dim">{count(shown.length, 'drone')}</span>
      <span class="dim">{count(roll.workers.length, 'worker')}</span>
      {running.map(({ tick }) => (
        <Link key={tick} href={tickPath(tick)} class="running">
          {tick} runs
        </Link>
      ))}
    </p>
  );
}

function Choice(props: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly values: readonly string[];
}) {
  const { name, label, value, values } = props;
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {values.map((each) => (
        <label key={each}>
          <input
            type="radio"
            name={name}
            checked={each === value}
            onChange={() => setQuery({ [name]: each })}
          />
          <span>{each}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Drones that no living worker serves, and how to serve them. */
function Unserved({ roll, shown }: { readonly roll: RollView; readonly shown: readonly number[] }) {
  const unserved = shown.filter((drone) => isUnserved(roll, drone));
  if (unserved.length === 0) return null;
  const agents = new Set(roll.agents);
  const nameOf = (drone: number) => roll.drones[drone] ?? '';
  const near = unserved.filter((drone) => !agents.has(nameOf(drone)));
  const sites = [...new Set(near.map((drone) => roll.sites[roll.site[drone] ?? 0] ?? ''))];
  const own = unserved.map(nameOf).filter((name) => agents.has(name));
  return (
    <p class="warn">
      {unserved.length === shown.length && shown.length > 1 ? (
        <>
          <strong>All {count(shown.length, 'drone')}</strong>{' '}
        </>
      ) : (
        <>
          <strong>{foldNodeSet(unserved.map(nameOf))}</strong>{' '}
          <small>{count(unserved.length, 'drone')}</small>{' '}
        </>
      )}
      served by no living worker.
      {sites.length > 0 && (
        <>
          {' '}
          Start one near them:{' '}
          <code>muster worker {sites.map((site) => `--site ${site}`).join(' ')}</code>
        </>
      )}
      {own.length > 0 && (
        <>
          {' '}
          Start one on {own.length > 1 && 'each of '}
          {foldNodeSet(own)}:{' '}
          <code>muster worker --drone {own.length === 1 ? own[0] : 'NAME'}</code>
        </>
      )}
    </p>
  );
}

function Workers({ roll }: { readonly roll: RollView }) {
  return (
    <section aria-labelledby="workers">
      <h2 id="workers">Workers</h2>
      {roll.workers.length === 0 ? (
        <Empty says="No worker lives." command="muster worker --site default --fleet fleet.yaml" />
      ) : (
        <ul class="workers">
          {roll.workers.map(({ id, sites, drones, active, concurrency, version }) => (
            <li key={id}>
              <strong>{id}</strong>
              <span>
                {[
                  ...sites.map((site) => `site ${site}`),
                  ...drones.map((drone) => `drone ${drone}`),
                ].join(', ')}
              </span>
              <span class="dim">
                {String(active)} of {String(concurrency)} batches · version {version}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface Block {
  readonly title: string;
  readonly drones: readonly number[];
}

/** By site, or by group (a drone may stand in several, and some in none). */
function blocksOf(roll: RollView, shown: readonly number[], by: 'site' | 'group'): Block[] {
  if (by === 'site') {
    const bySite = new Map<string, number[]>();
    for (const drone of shown) {
      const site = roll.sites[roll.site[drone] ?? 0] ?? '';
      const title = site === '' ? 'not in the fleet file' : `site ${site}`;
      const drones = bySite.get(title);
      if (drones === undefined) bySite.set(title, [drone]);
      else drones.push(drone);
    }
    return [...bySite].map(([title, drones]) => ({ title, drones }));
  }
  const rest = new Set(shown);
  const blocks = Object.entries(roll.groups).map(([group, names]) => {
    const members = new Set(names);
    const drones = shown.filter((drone) => members.has(roll.drones[drone] ?? ''));
    for (const drone of drones) rest.delete(drone);
    return { title: `@${group}`, drones };
  });
  const grouped = [...blocks, { title: 'in no group', drones: [...rest] }];
  return grouped.filter(({ drones }) => drones.length > 0);
}
