import { foldNodeSet } from '@muster/protocol';
import { clock, count } from '../format.js';
import { Mark } from '../mark.js';
import { kindOfLetter, wordsOf } from '../outcomes.js';
import { dronePath, Link, searchPath, tickPath } from '../route.js';
import type { RollView } from '../views.js';
import { Strip, stripWidth } from './strip.js';
import { troubles, type Streak } from './streaks.js';
import { whyBad } from './why.js';

/** Who is bad and since when: one line for all that it befell at once. */
export function TroubleList(props: {
  readonly roll: RollView;
  readonly streaks: ReadonlyMap<number, Streak>;
  /** Whether these are all drones there are, or those of a search. */
  readonly isAll: boolean;
}) {
  const { roll, streaks, isAll } = props;
  const groups = troubles(streaks);
  if (groups.length === 0) {
    if (roll.lines.length === 0) return <p class="calm">Nothing has run yet.</p>;
    return <p class="calm">{isAll ? 'No drone is bad.' : 'None of these is bad.'}</p>;
  }
  return (
    <ul class="troubles" style={{ '--strip': `${String(stripWidth(roll.heat.length))}px` }}>
      {groups.map(({ letter, drones, since, ticks, isOlder }) => {
        const names = drones.map((drone) => roll.drones[drone] ?? '');
        const tick = roll.heat[since]?.tick ?? '';
        const line = roll.lines.find((other) => other.tick === tick);
        const folded = foldNodeSet(names);
        const [why, ...others] = whyBad(roll.heat, roll.drones, drones, streaks);
        return (
          <li key={`${letter} ${tick} ${folded}`}>
            <Mark kind={kindOfLetter(letter)} letter={letter} words={wordsOf(letter)} />
            <span class="who">
              {names.length === 1 ? (
                <Link href={dronePath(names[0] ?? '')}>{folded}</Link>
              ) : (
                <Link href={searchPath(folded)}>{folded}</Link>
              )}
              {names.length > 1 && <small> {count(names.length, 'drone')}</small>}
            </span>
            <span class="reason" title={why}>
              {why}
              {others.length > 0 && <small> and {count(others.length, 'other reason')}</small>}
            </span>
            <span class="since">
              {isOlder && ticks > 1 ? 'at least since ' : 'since '}
              <Link href={tickPath(tick)}>{tick}</Link>
              {line !== undefined && <span class="dim"> {clock(line.startedAt)}</span>}
              <span class="dim"> · {count(ticks, 'tick')}</span>
            </span>
            <Strip letters={roll.heat.map(({ cells }) => cells[drones[0] ?? 0] ?? ' ')} />
          </li>
        );
      })}
    </ul>
  );
}
