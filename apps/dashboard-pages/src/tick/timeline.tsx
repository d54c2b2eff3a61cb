import { useState } from 'preact/hooks';
import { count, duration } from '../format.js';
import { Mark, OutcomeMark } from '../mark.js';
import { kindOf } from '../outcomes.js';
import { dronePath, Link } from '../route.js';
import type { OpenRow, ReportedRow, TickView } from '../views.js';

const FIRST = 40;
const MORE = 200;

interface Span {
  readonly kind: 'queued' | 'connect' | 'call' | 'alt' | 'bad' | 'now';
  readonly ms: number;
  readonly words: string;
}

/** Each drone's way through the tick, to one scale: in the queue, connecting, each call, reported. */
export function Timeline({ view }: { readonly view: TickView }) {
  const [shown, setShown] = useState(FIRST);
  const elapsed = view.now - view.startedAt;
  const all = view.open.length + view.reported.length;
  const open = view.open.slice(0, shown);
  const reported = view.reported.slice(0, Math.max(0, shown - open.length));
  const longest = Math.max(
    1,
    view.open.length > 0 ? elapsed : 0,
    ...reported.map((row) => row.queuedMs + row.connectMs + row.runMs),
  );
  return (
    <>
      <p class="legend">
        <Key kind="queued" words="queued" />
        <Key kind="connect" words="connecting" />
        <Key kind="call" words="calls, in turn" />
        {view.open.length > 0 && <Key kind="now" words="going on" />}
        <Key kind="bad" words="what went wrong" />
        <span class="dim">scale: {duration(longest)}</span>
      </p>
      <table class="timeline">
        <thead class="sr">
          <tr>
            <th scope="col">drone</th>
            <th scope="col">time</th>
            <th scope="col">took</th>
            <th scope="col">outcome</th>
          </tr>
        </thead>
        <tbody>
          {open.map((row) => (
            <Row
              key={row.drone}
              drone={row.drone}
              spans={openSpans(row, elapsed, view.methods)}
              longest={longest}
              took={row.step === 'queued' ? elapsed : elapsed - (row.queuedMs ?? 0)}
              end={<Mark kind="open" letter="…" words={openWords(row, view.methods)} />}
            />
          ))}
          {reported.map((row) => (
            <Row
              key={row.drone}
              drone={row.drone}
              spans={reportedSpans(row, view.methods)}
              longest={longest}
              took={row.queuedMs + row.connectMs + row.runMs}
              end={<OutcomeMark outcome={row.outcome} />}
            />
          ))}
        </tbody>
      </table>
      {all > shown && (
        <button type="button" onClick={() => setShown(shown + MORE)}>
          Show more of {count(all, 'drone')}
        </button>
      )}
    </>
  );
}

function Key({ kind, words }: { readonly kind: Span['kind']; readonly words: string }) {
  return (
    <span class="mark">
      <span class={`bar ${kind}`} aria-hidden="true" />
      {words}
    </span>
  );
}

function Row(props: {
  readonly drone: string;
  readonly spans: readonly Span[];
  readonly longest: number;
  readonly took: number;
  readonly end: preact.ComponentChildren;
}) {
  const { drone, spans, longest, took, end } = props;
  const words = spans.map((span) => span.words).join(', ');
  let from = 0;
  return (
    <tr>
      <th scope="row">
        <Link href={dronePath(drone)}>{drone}</Link>
      </th>
      <td class="track" title={words}>
        <span class="sr">{words}</span>
        {spans.map((span, index) => {
          const left = (100 * from) / longest;
          from += span.ms;
          return (
            <span
              key={index}
              class={`bar ${span.kind}`}
              style={{ left: `${String(left)}%`, width: `${String((100 * span.ms) / longest)}%` }}
            />
          );
        })}
      </td>
      <td class="number">{spans.length === 0 ? '–' : duration(took)}</td>
      <td class="end">{end}</td>
    </tr>
  );
}

function reportedSpans(row: ReportedRow, methods: TickView['methods']): Span[] {
  const names = methods[row.methods] ?? [];
  const spans: Span[] = [
    { kind: 'queued', ms: row.queuedMs, words: `queued ${duration(row.queuedMs)}` },
    {
      kind: kindOf(row.outcome) === 'link' ? 'bad' : 'connect',
      ms: row.connectMs,
      words: `connecting ${duration(row.connectMs)}`,
    },
  ];
  for (const [index, [status, ms]] of row.calls.entries()) {
    if (ms === 0 && status !== 'ok') continue;
    const kind = status !== 'ok' ? 'bad' : index % 2 === 0 ? 'call' : 'alt';
    spans.push({ kind, ms, words: `${names[index] ?? 'call'} ${status} ${duration(ms)}` });
  }
  // Of its calls nothing is known: it never had its turn, could not be reached, or did not report.
  if (row.calls.length === 0 && row.runMs > 0)
    spans.push({ kind: 'bad', ms: row.runMs, words: `no report after ${duration(row.runMs)}` });
  return spans.filter(({ ms }) => ms > 0);
}

function openSpans(row: OpenRow, elapsed: number, methods: TickView['methods']): Span[] {
  const queued = row.queuedMs ?? elapsed;
  const spans: Span[] = [{ kind: 'queued', ms: queued, words: `queued ${duration(queued)}` }];
  if (row.queuedMs === null) return spans;
  const began = Math.max(queued, row.beganMs ?? queued);
  if (began > queued) {
    const done = row.call === null || row.call === 0 ? undefined : count(row.call, 'call');
    const [kind, what] =
      done === undefined ? (['connect', 'connecting'] as const) : (['call', done] as const);
    spans.push({ kind, ms: began - queued, words: `${what} ${duration(began - queued)}` });
  }
  const ms = Math.max(0, elapsed - began);
  return [...spans, { kind: 'now', ms, words: `${openWords(row, methods)} for ${duration(ms)}` }];
}

function openWords({ step, call, methods: batch }: OpenRow, methods: TickView['methods']): string {
  if (step !== 'running' || call === null) return step === 'waiting' ? 'waits to try again' : step;
  const names = methods[batch] ?? [];
  const which = names.length > 1 ? ` (call ${String(call + 1)} of ${String(names.length)})` : '';
  return `runs ${names[call] ?? ''}${which}`;
}
