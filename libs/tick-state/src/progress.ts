/** How far the batches of a running tick are: two commands, whatever its size. */
import { keys } from '@muster/protocol';
import { workerOf } from './presence.js';
import type { TickStore } from './store.js';

export interface BatchStep {
  /** `host:pid` of the worker that holds the batch, or held it last. */
  readonly worker: string;
  /** False while the batch waits for its next attempt. */
  readonly isHeld: boolean;
  readonly attempt: number;
  /** When it was claimed. Redis' clock, milliseconds since 1970; null where a claim does not say. */
  readonly claimedAt: number | null;
  /** When the call that runs began, as far as it is known: one that changes nothing is not journalled. */
  readonly beganAt: number | null;
  /** The last call that the journal knows of: it runs, or has just ended; null before the first. */
  readonly call: number | null;
}

/** Of the drones whose batch was claimed. */
export async function readProgress(
  { redis, prefix }: TickStore,
  tick: string,
): Promise<Map<string, BatchStep>> {
  const [claims, journal] = await Promise.all([
    redis.hgetall(keys.claims(prefix, tick)),
    redis.hkeys(keys.journal(prefix, tick)),
  ]);
  const calls = new Map<string, number>();
  for (const field of journal) {
    const slash = field.lastIndexOf('/');
    const [drone, call] = [field.slice(0, slash), Number(field.slice(slash + 1))];
    if (call >= (calls.get(drone) ?? 0)) calls.set(drone, call);
  }
  return new Map(
    Object.entries(claims).map(([drone, text]): [string, BatchStep] => {
      const { token, worker, attempt, at, began } = JSON.parse(text) as StoredClaim;
      return [
        drone,
        {
          worker: workerOf(worker),
          isHeld: token !== '',
          attempt,
          claimedAt: at ?? null,
          beganAt: began ?? null,
          call: calls.get(drone) ?? null,
        },
      ];
    }),
  );
}

/** As the scripts write it. */
interface StoredClaim {
  readonly token: string;
  readonly worker: string;
  readonly attempt: number;
  readonly at?: number;
  readonly began?: number;
}
