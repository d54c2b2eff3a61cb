import { OUTCOMES } from '@muster/protocol';
import { clock, duration } from '../format.js';
import { useWidth } from '../hooks.js';
import { kindOf } from '../outcomes.js';
import { go, tickPath } from '../route.js';
import type { TickLine } from '../views.js';

const [HEIGHT, BAR, GAP] = [92, 10, 3];
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
  const room = Math.max(1, Math.floor(width / (BAR + GAP)));
  const shown = lines.slice(0, Math.min(room, 120)).reverse();
  const longest = Math.max(1, ...shown.map(({ durationMs }) => durationMs ?? 0));
  const says = `${lane}: the last ${String(shown.length)} ticks, the longest took ${duration(longest)}`;
  return (
    <div class="lane-chart" ref={setFrame}>
      <svg width={width} height={HEIGHT} role="img" aria-label={says}>
        {shown.map((line, index) => (
          <Bar key={line.tick} line={line} x={index * (BAR + GAP)} longest={longest} />
        ))}
      </svg>
      <p class="dim scale">
        <span>{shown[0] === undefined ? '' : clock(shown[0].startedAt)}</span>
        <span>longest {duration(longest)}</span>
      </p>
    </div>
  );
}

function Bar(props: { readonly line: TickLine; readonly x: number; readonly longest: number }) {
  const { line, x, longest } = props;
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
      <rect class="hit" x={x} y={0} width={BAR + GAP} height={HEIGHT} />
      <rect
        class={`fill ${status === 'running' ? 'open' : 'ok'}`}
        x={x}
        y={y}
        width={BAR}
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
            width={BAR}
            height={share}
          />
        );
      })}
      {status === 'failed' && <rect class="flag" x={x} y={HEIGHT - 2} width={BAR} height={2} />}
    </g>
  );
}
