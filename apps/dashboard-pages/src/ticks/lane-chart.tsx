import { OUTCOMES } from '@muster/protocol';
import { clock, duration } from '../format.js';
import { useWidth } from '../hooks.js';
import { kindOf } from '../outcomes.js';
import { go, tickPath } from '../route.js';
import type { TickLine } from '../views.js';

const [HEIGHT, GAP] = [92, 3];
/** From one bar to the next: as much as few ticks can have, as little as many need. */
const STEP = { least: 13, most: 30 };
/** The least that a share of bad drones is drawn with: one of thousands is still to be seen. */
const LEAST = 3;

/** A lane's ticks over time: how long each took, and which share of its drones went how. */
export function LaneChart({
  lane,
  lines,
}: {
  readonly lane: string;
  readonly lines: readonly TickLine[];
}) {
  const [setFrame, width] = useWidth();
  const room = Math.max(1, Math.floor(width / STEP.least));
  const shown = lines.slice(0, Math.min(room, 120)).reverse();
  const step = Math.max(STEP.least, Math.min(STEP.most, Math.floor(width / shown.length)));
  // The newest stands on the right, as everywhere.
  const from = Math.max(0, width - shown.length * step);
  const longest = Math.max(1, ...shown.map(({ durationMs }) => durationMs ?? 0));
  const says = `${lane}: the last ${String(shown.length)} ticks, the longest took ${duration(longest)}`;
  return (
    <div class="lane-chart" ref={setFrame}>
      <svg width={width} height={HEIGHT} role="img" aria-label={says}>
        {shown.map((line, index) => (
          <Bar
            key={line.tick}
            line={line}
            x={from + index * step}
            width={step - GAP}
            longest={longest}
          />
        ))}
      </svg>
      <p class="dim scale">
        <span>the longest took {duration(longest)}</span>
        <span>{timesOf(shown)}</span>
      </p>
    </div>
  );
}

function timesOf(shown: readonly TickLine[]): string {
  const [first, last] = [shown[0], shown.at(-1)];
  if (first === undefined || last === undefined) return '';
  return first === last
    ? clock(first.startedAt)
    : `${clock(first.startedAt)} to ${clock(last.startedAt)}`;
}

function Bar(props: {
  readonly line: TickLine;
  readonly x: number;
  readonly width: number;
  readonly longest: number;
}) {
  const { line, x, width, longest } = props;
  const { durationMs, counts, size, tick, status } = line;
  const height = Math.max(4, ((durationMs ?? longest) / longest) * (HEIGHT - 2));
  const bad = OUTCOMES.filter((outcome) => outcome !== 'ok' && (counts[outcome] ?? 0) > 0);
  let y = HEIGHT - height;
  const words = [
    `${tick} ${status}`,
    clock(line.startedAt),
    ...(durationMs === null ? [] : [duration(durationMs)]),
    ...OUTCOMES.filter((outcome) => (counts[outcome] ?? 0) > 0).map(
      (outcome) => `${String(counts[outcome])} ${outcome}`,
    ),
  ];
  return (
    <g class="tick-bar" onClick={() => go(tickPath(tick))}>
      <title>{words.join(' · ')}</title>
      <rect class="hit" x={x} y={0} width={width + GAP} height={HEIGHT} />
      <rect
        class={`fill ${status === 'running' ? 'open' : 'ok'}`}
        x={x}
        y={y}
        width={width}
        height={height}
      />
      {bad.map((outcome) => {
        const share = Math.max(LEAST, ((counts[outcome] ?? 0) / size) * height);
        const at = y;
        y += share;
        return (
          <rect
            key={outcome}
            class={`fill ${kindOf(outcome)}`}
            x={x}
            y={at}
            width={width}
            height={share}
          />
        );
      })}
      {status === 'failed' && <rect class="flag" x={x} y={HEIGHT - 2} width={width} height={2} />}
    </g>
  );
}
