/** Who is bad, and since when: read from the cells of the recent ticks. Pure. */
import { isBadLetter } from '../outcomes.js';
import type { HeatRow } from '../views.js';

/** Ticks of a drone that count as its last few. */
const FEW = 5;

export interface Streak {
  /** The drone's last outcome, as a letter; a space where there is none. */
  readonly letter: string;
  /** Index into `heat` of the tick that it is from; -1 where there is none. */
  readonly at: number;
  /** Ticks in a row, up to the newest, in which it was bad. */
  readonly ticks: number;
  /** Index into `heat` of the first of them. */
  readonly since: number;
  /** It was bad in the oldest tick that we know of: it may be bad for longer. */
  readonly isOlder: boolean;
  /** Bad in so many of the recent ticks. */
  readonly bad: number;
  /** Bad in so many of its last few ticks. */
  readonly lately: number;
}

/** `heat` has the newest first. */
export function streakOf(heat: readonly Pick<HeatRow, 'cells'>[], drone: number): Streak {
  let letter = ' ';
  let at = -1;
  let ticks = 0;
  let since = -1;
  let isOver = false;
  let bad = 0;
  let lately = 0;
  let seen = 0;
  // By index: this runs for each of thousands of drones.
  for (let index = 0; index < heat.length; index += 1) {
    const cell = heat[index]?.cells[drone] ?? ' ';
    if (cell === ' ' || cell === '-') continue;
    if (letter === ' ') [letter, at] = [cell, index];
    const isBad = isBadLetter(cell);
    seen += 1;
    if (isBad) bad += 1;
    if (isBad && seen <= FEW) lately += 1;
    if (!isBad) isOver = true;
    else if (!isOver) {
      ticks += 1;
      since = index;
    }
  }
  return { letter, at, ticks, since, isOlder: ticks > 0 && !isOver, bad, lately };
}

export interface Trouble {
  readonly letter: string;
  readonly drones: readonly number[];
  readonly since: number;
  readonly ticks: number;
  readonly isOlder: boolean;
}

/** Bad drones that share their last outcome and the tick since when; the newest trouble first. */
export function troubles(streaks: ReadonlyMap<number, Streak>): Trouble[] {
  const groups = new Map<string, Trouble & { readonly drones: number[] }>();
  for (const [drone, { letter, ticks, since, isOlder }] of streaks) {
    if (ticks === 0) continue;
    const key = `${letter} ${String(since)} ${String(isOlder)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { letter, drones: [drone], since, ticks, isOlder });
    else group.drones.push(drone);
  }
  return [...groups.values()].sort(
    (a, b) => a.since - b.since || b.drones.length - a.drones.length,
  );
}
