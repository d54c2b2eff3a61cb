/** Counts wrong secrets, so that nobody guesses without end. */
import type { Person } from './credentials.js';

const WITHIN_MS = 60_000;
/** Wrong secrets from one address, and from all, before those who come next must wait. */
const MOST = { ofOne: 10, ofAll: 100 };

/** A secret that was not looked at. */
export class TooManyTrials {
  constructor(readonly waitSeconds: number) {}
}

export class Trials {
  readonly #wrong: { readonly address: string; readonly at: number }[] = [];

  /** Has `look` see a secret that came from `address`, unless too many were wrong just now. */
  async try(
    address: string,
    look: () => Promise<Person | undefined>,
    now = Date.now(),
  ): Promise<Person | undefined | TooManyTrials> {
    while (this.#wrong[0] !== undefined && this.#wrong[0].at <= now - WITHIN_MS)
      this.#wrong.shift();
    const own = this.#wrong.filter((trial) => trial.address === address);
    const first = own.length >= MOST.ofOne ? own[0] : this.#wrong[0];
    if (first !== undefined && (own.length >= MOST.ofOne || this.#wrong.length >= MOST.ofAll))
      return new TooManyTrials(Math.ceil((first.at + WITHIN_MS - now) / 1_000));
    // Counted before it is known: many at once are many.
    const trial = { address, at: now };
    this.#wrong.push(trial);
    const person = await look();
    if (person !== undefined) this.#wrong.splice(this.#wrong.indexOf(trial), 1);
    return person;
  }
}
