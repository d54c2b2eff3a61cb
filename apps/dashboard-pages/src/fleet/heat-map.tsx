import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { clock } from '../format.js';
import { useScheme, useWidth } from '../hooks.js';
import { NONE, wordsOf } from '../outcomes.js';
import { dronePath, go } from '../route.js';
import type { HeatRow, RollView, TickLine } from '../views.js';
import { isOff } from './cells.js';
import { droneAt, layOut, step, type HeatLayout, type HeatMode } from './heat-layout.js';
import { paint, readColours } from './paint.js';
import type { Streak } from './streaks.js';

interface HeatMapProps {
  readonly title: string;
  readonly mode: HeatMode;
  readonly roll: RollView;
  /** Indices into `roll.drones`. */
  readonly drones: readonly number[];
  readonly streaks: ReadonlyMap<number, Streak>;
  /** Characters of the longest name, so that all maps of a page have the same columns. */
  readonly longest: number;
}

/** How much of it is in view at once, unless there are few drones. */
const MOST_HEIGHT = 560;
const FEW = 60;
/** From here on both ends have room for their time. */
const WIDE_AXIS = 320;
const DRAWN = 'muster.drawn';

/** Every drone as a cell, or as a row of its recent ticks; drawn as far as it is in view. */
export function HeatMap({ title, mode, roll, drones, streaks, longest }: HeatMapProps) {
  const [setFrame, width] = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [chosen, setChosen] = useState<number>();
  const isDark = useScheme();
  const says = useId();
  const layout = layOut(mode, width, drones.length, roll.heat.length, longest);
  const ticks = useMemo(
    () => roll.heat.slice(0, layout.columns).reverse(),
    [roll.heat, layout.columns],
  );
  const height = drones.length <= FEW ? layout.height : Math.min(layout.height, MOST_HEIGHT);
  const at = chosen === undefined ? undefined : Math.min(chosen, drones.length - 1);

  useLayoutEffect(() => {
    const { current } = canvas;
    if (current === null || width === 0) return;
    const picture = {
      layout,
      drones,
      names: roll.drones,
      health: roll.health,
      streaks,
      columns: ticks.map(({ cells }) => cells),
      chosen: at,
      top,
      height,
    };
    paint(current, picture, readColours(current));
    // For whoever measures how soon the fleet is there.
    if (performance.getEntriesByName(DRAWN).length === 0) performance.mark(DRAWN);
  }, [width, drones, roll, streaks, mode, at, top, height, isDark]);

  const pick = (index: number) => {
    setChosen(index);
    const row = mode === 'cells' ? Math.floor(index / layout.columns) : index;
    const [from, to] = [row * layout.rowHeight, (row + 1) * layout.rowHeight];
    const { current } = scroller;
    if (current === null) return;
    if (from < current.scrollTop) current.scrollTop = from;
    else if (to > current.scrollTop + height) current.scrollTop = to - height;
  };
  const open = (index: number | undefined) => {
    const drone = index === undefined ? undefined : drones[index];
    if (drone !== undefined) go(dronePath(roll.drones[drone] ?? ''));
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      open(at);
      return;
    }
    const to = step(layout, event.key, at ?? -1, drones.length);
    if (to === undefined) return;
    event.preventDefault();
    pick(to);
  };
  const under = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return droneAt(layout, drones.length, event.clientX - box.left, event.clientY - box.top + top);
  };
  // What is not in the list any more is not chosen.
  useEffect(() => setChosen(undefined), [drones.length]);

  return (
    <div class="heat" ref={setFrame}>
      {mode === 'history' && <Axis roll={roll} ticks={ticks} layout={layout} />}
      <div
        class="heat-scroll"
        ref={scroller}
        style={{ height: `${String(height)}px` }}
        tabIndex={0}
        role="application"
        aria-roledescription="heat map"
        aria-label={`${title}: arrow keys move, Enter opens a drone`}
        aria-describedby={says}
        onKeyDown={press}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onFocus={() => {
          if (chosen === undefined && drones.length > 0) setChosen(0);
        }}
      >
        <div style={{ height: `${String(layout.height)}px` }}>
          <canvas
            ref={canvas}
            style={{ height: `${String(height)}px` }}
            title={at === undefined ? '' : roll.drones[drones[at] ?? 0]}
            onMouseMove={(event) => setChosen(under(event))}
            onClick={(event) => open(under(event))}
          />
        </div>
      </div>
      <p class="heat-says" id={says} aria-live="polite">
        {at === undefined ? ' ' : sayDrone(roll, drones[at], streaks)}
      </p>
    </div>
  );
}

/** Which ticks the columns are: the first and the last of them. */
function Axis(props: {
  readonly roll: RollView;
  readonly ticks: readonly HeatRow[];
  readonly layout: HeatLayout;
}) {
  const { roll, ticks, layout } = props;
  const [first, last] = [ticks[0], ticks.at(-1)];
  if (first === undefined || last === undefined) return null;
  const width = ticks.length * layout.cell;
  const isWide = width >= WIDE_AXIS;
  const ends = first === last ? [first] : [first, last];
  return (
    <p
      class="dim scale"
      style={{
        marginLeft: `${String(layout.label)}px`,
        ...(isWide && { width: `${String(width)}px` }),
      }}
    >
      {isWide
        ? ends.map(({ tick }) => <span key={tick}>{whenOf(tick, roll)}</span>)
        : ends.map(({ tick }) => tick).join(' to ')}
    </p>
  );
}

function whenOf(tick: string, roll: RollView): string {
  const line = roll.lines.find((other: TickLine) => other.tick === tick);
  return line === undefined ? tick : `${tick}, ${clock(line.startedAt)}`;
}

function sayDrone(
  roll: RollView,
  drone: number | undefined,
  streaks: ReadonlyMap<number, Streak>,
): string {
  if (drone === undefined) return '';
  const streak = streaks.get(drone);
  const name = roll.drones[drone] ?? '';
  const disabled = isOff(roll, drone) ? 'disabled, ' : '';
  if (streak === undefined || streak.letter === NONE)
    return `${name}: ${disabled}in none of the recent ticks`;
  const now = `${name}: ${disabled}${wordsOf(streak.letter)}`;
  if (streak.ticks === 0) {
    return streak.bad === 0 ? now : `${now}, bad in ${String(streak.bad)} of the recent ticks`;
  }
  return `${now} ${sinceText(streak, roll)}`;
}

/** `since default-40, 14:02:11 (12 ticks)`. */
function sinceText(
  { since, ticks, isOlder }: Pick<Streak, 'since' | 'ticks' | 'isOlder'>,
  roll: RollView,
): string {
  const tick = roll.heat[since]?.tick;
  const many = ticks === 1 ? '1 tick' : `${String(ticks)} ticks`;
  return `${isOlder && ticks > 1 ? 'at least ' : ''}since ${whenOf(tick ?? '', roll)} (${many})`;
}
