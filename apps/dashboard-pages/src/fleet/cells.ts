/** What a drone's one cell shows, and what serves it. Pure. */
import { isBadLetter, NONE, OFF } from '../outcomes.js';
import type { RollView } from '../views.js';
import type { Streak } from './streaks.js';

type Health = Pick<RollView, 'health'>;

export function isOff({ health }: Health, drone: number): boolean {
  return health[drone] === OFF;
}

/** Whether no living worker serves it: whatever it was, nothing will run on it. */
export function isUnserved({ health }: Health, drone: number): boolean {
  return health[drone] === 'u';
}

/** That it is disabled, else its last outcome, as a letter. */
export function cellOf(roll: Health, drone: number, streak: Streak | undefined): string {
  return isOff(roll, drone) ? OFF : (streak?.letter ?? NONE);
}

/** Whether it says that the drone is ok now, and was bad not long ago. */
export function hasNotch(roll: Health, drone: number, streak: Streak | undefined): boolean {
  const cell = cellOf(roll, drone, streak);
  return cell !== OFF && !isBadLetter(cell) && (streak?.lately ?? 0) > 0;
}

/** Every letter that the cells of these drones have: their last ones, or those of each tick. */
export function lettersOf(
  roll: Pick<RollView, 'health' | 'heat'>,
  streaks: ReadonlyMap<number, Streak>,
  which: 'last' | 'all',
): ReadonlySet<string> {
  const letters = new Set<string>();
  for (const [drone, streak] of streaks) {
    if (which === 'last') letters.add(cellOf(roll, drone, streak));
    else if (isOff(roll, drone)) letters.add(OFF);
  }
  if (which === 'last') return letters;
  for (const { cells } of roll.heat)
    for (const drone of streaks.keys()) letters.add(cells[drone] ?? NONE);
  return letters;
}
