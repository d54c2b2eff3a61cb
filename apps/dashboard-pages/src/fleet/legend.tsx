import { useMemo } from 'preact/hooks';
import { LetterMark, Mark } from '../mark.js';
import { LETTERS, NONE } from '../outcomes.js';
import type { RollView } from '../views.js';
import { hasNotch, lettersOf } from './cells.js';
import type { HeatMode } from './heat-layout.js';
import type { Streak } from './streaks.js';

/** What the colours and letters mean that are to be seen. */
export function Legend(props: {
  readonly mode: HeatMode;
  readonly roll: RollView;
  readonly streaks: ReadonlyMap<number, Streak>;
}) {
  const { mode, roll, streaks } = props;
  const isLast = mode === 'cells';
  const seen = useMemo(
    () => lettersOf(roll, streaks, isLast ? 'last' : 'all'),
    [roll.heat, roll.health, streaks, isLast],
  );
  const isNotched = isLast && [...streaks].some((each) => hasNotch(roll, ...each));
  return (
    <ul class="legend" aria-label="Legend">
      {LETTERS.filter((letter) => seen.has(letter)).map((letter) => (
        <li key={letter}>
          {letter === NONE && isLast ? (
            <LetterMark letter={letter} words="in none of the recent ticks" />
          ) : (
            <LetterMark letter={letter} />
          )}
        </li>
      ))}
      {isNotched && (
        <li>
          <Mark kind="ok" isNotched letter="" words="ok now, bad in one of its last five ticks" />
        </li>
      )}
    </ul>
  );
}
