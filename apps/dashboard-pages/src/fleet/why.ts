/** Why drones are bad, each in the tick of its last outcome. Pure. */
import { expandNodeSet } from '@muster/protocol';
import type { HeatRow } from '../views.js';
import type { Streak } from './streaks.js';

/** Drones that are asked about; those behind them mostly have the same reason. */
const ASKED = 50;

/** Different reasons, that of the first drone first; none where no tick tells. */
export function whyBad(
  heat: readonly Pick<HeatRow, 'reasons'>[],
  names: readonly string[],
  drones: readonly number[],
  streaks: ReadonlyMap<number, Streak>,
): string[] {
  const byTick = new Map<number, ReadonlyMap<string, string>>();
  const reasons = drones.slice(0, ASKED).flatMap((drone) => {
    const at = streaks.get(drone)?.at ?? -1;
    let told = byTick.get(at);
    if (told === undefined) {
      told = messagesOf(heat[at]?.reasons ?? []);
      byTick.set(at, told);
    }
    return told.get(names[drone] ?? '') ?? [];
  });
  return [...new Set(reasons)].filter((reason) => reason !== '');
}

function messagesOf(reasons: HeatRow['reasons']): ReadonlyMap<string, string> {
  return new Map(
    reasons.flatMap(({ drones, message }) =>
      expandNodeSet(drones).map((name): [string, string] => [name, message]),
    ),
  );
}
