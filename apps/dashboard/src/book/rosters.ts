/** The rosters of ticks: most ticks of a lane address the same drones, so equal ones are kept once. */
import { keys } from '@muster/protocol';
import { readRoster, type RosterEntry, type TickStore } from '@muster/tick-state';

/** Different rosters kept at once. */
const KEPT = 60;

export class Rosters {
  readonly #byTick = new Map<string, readonly RosterEntry[]>();
  readonly #byText = new Map<string, readonly RosterEntry[]>();

  get(tick: string): readonly RosterEntry[] | undefined {
    return this.#byTick.get(tick);
  }

  /** Reads those that are not known yet, in one go. */
  async read(store: TickStore, ticks: readonly string[]): Promise<void> {
    const unknown = ticks.filter((tick) => !this.#byTick.has(tick));
    const texts = await Promise.all(
      unknown.map((tick) => store.redis.get(keys.roster(store.prefix, tick))),
    );
    for (const [index, tick] of unknown.entries()) {
      this.#byTick.set(tick, this.#intern(texts[index] ?? ''));
    }
  }

  /** Forgets all but these. */
  keep(ticks: ReadonlySet<string>): void {
    for (const tick of this.#byTick.keys()) if (!ticks.has(tick)) this.#byTick.delete(tick);
    if (this.#byText.size <= KEPT) return;
    const used = new Set(this.#byTick.values());
    for (const [text, roster] of this.#byText) if (!used.has(roster)) this.#byText.delete(text);
  }

  #intern(text: string): readonly RosterEntry[] {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const roster = text === '' ? [] : readRoster(text);
    this.#byText.set(text, roster);
    return roster;
  }
}
