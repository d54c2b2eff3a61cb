/** Each drone's last outcome, for whoever looks at the fleet. Reports note it themselves. */
import { expandNodeSet, keys, type MissingEntry, type Outcome } from '@muster/protocol';
import type { TickStore } from './store.js';

export interface LastOutcome {
  readonly outcome: Outcome;
  readonly tick: string;
}

/** Drones written in one round trip. */
const CHUNK = 500;

/** Notes what became of the drones that did not report. */
export async function noteMissing(
  { redis, prefix }: TickStore,
  tick: string,
  missing: readonly MissingEntry[],
): Promise<void> {
  const pairs = missing.flatMap(({ drones, outcome }) => {
    const note = JSON.stringify({ outcome, tick } satisfies LastOutcome);
    return expandNodeSet(drones).map((drone): [string, string] => [drone, note]);
  });
  for (let from = 0; from < pairs.length; from += CHUNK) {
    await redis.hset(keys.lastOutcomes(prefix), ...pairs.slice(from, from + CHUNK).flat());
  }
}

export async function readLastOutcomes({
  redis,
  prefix,
}: TickStore): Promise<Map<string, LastOutcome>> {
  const notes = await redis.hgetall(keys.lastOutcomes(prefix));
  return new Map(
    Object.entries(notes).map(([drone, note]) => [drone, JSON.parse(note) as LastOutcome]),
  );
}
