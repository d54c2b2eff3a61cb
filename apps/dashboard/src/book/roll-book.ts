/**
 * What the pages show of the recent ticks and the fleet, kept in this process. A tick that has ended
 * never changes, so it is read once; a refresh asks for what is new, in a number of commands that
 * does not depend on the number of drones.
 */
import type {
  HeatRow,
  ReasonGroup,
  RollChange,
  RollView,
  TickLine,
} from '@muster/dashboard-pages/views';
import type { Fleet } from '@muster/fleet';
import type { DroneStanding, Presence } from '@muster/protocol';
import {
  listTicks,
  livingWorkers,
  readLastOutcomes,
  readManyTickFacts,
  standings,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';
import { addArrivals, lettersOfClosed, OPEN, placesOf, type OpenLetters } from './letters.js';
import { readReasons } from './reasons.js';
import { Rosters } from './rosters.js';
import { shortLineOf } from './tick-line.js';

/** Ticks that the list and its charts go back to. */
const LINES = 200;
/** Ticks that the heat map goes back to. */
const HEAT = 50;
/** A drone that a tick did not address. */
const NOT_ADDRESSED = ' ';

interface Page {
  readonly facts: TickFacts;
  readonly line: TickLine;
}

export class RollBook {
  readonly rosters = new Rosters();
  readonly #store: TickStore;
  #fleet: Fleet | undefined;
  readonly #changedFleet: () => Promise<Fleet | undefined>;
  /** The names are still those of the fleet before. */
  #isFleetNew = false;
  #order: readonly string[] = [];
  readonly #pages = new Map<string, Page>();
  /** Of closed ticks, in the roster's order. */
  readonly #closed = new Map<string, string>();
  /** Of closed ticks: why drones were bad. */
  readonly #reasons = new Map<string, readonly ReasonGroup[]>();
  readonly #open = new Map<string, OpenLetters>();
  /** In the order of the fleet. */
  readonly #heat = new Map<string, HeatRow>();
  #names: readonly string[];
  #index: ReadonlyMap<string, number>;
  #universe = 1;
  #health = '';
  #workers: readonly Presence[] = [];
  #standings = new Map<string, DroneStanding>();
  #refreshing: Promise<void> | undefined;

  /** `changedFleet` gives the fleet where it is another one than it gave before. */
  constructor(
    store: TickStore,
    fleet: Fleet | undefined,
    changedFleet: () => Promise<Fleet | undefined> = () => Promise.resolve(undefined),
  ) {
    this.#store = store;
    this.#fleet = fleet;
    this.#changedFleet = changedFleet;
    this.#names = fleet?.names ?? [];
    this.#index = indexOf(this.#names);
  }

  /** Reads what is new, and tells `onChange` of it. Those who ask meanwhile share one refresh. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh()
      .then((change) => {
        if (change !== undefined) this.onChange(change);
      })
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  /** Called with what any refresh found changed, whoever asked for it. */
  onChange: (change: RollChange) => void = () => undefined;

  /** Called with a fleet that is another one than before. */
  onFleet: (fleet: Fleet) => void = () => undefined;

  /** As its file says now. */
  async readFleet(): Promise<Fleet | undefined> {
    const changed = await this.#changedFleet();
    if (changed !== undefined) {
      this.#fleet = changed;
      this.#isFleetNew = true;
      this.onFleet(changed);
    }
    return this.#fleet;
  }

  view(): RollView {
    const sites = this.#names.map((name) => this.#fleet?.get(name)?.site ?? '');
    const siteNames = [...new Set(sites)];
    return {
      universe: this.#universe,
      drones: this.#names,
      sites: siteNames,
      site: sites.map((site) => siteNames.indexOf(site)),
      disabled: this.#names.filter((name) => this.#fleet?.enabled(name) === false),
      agents: this.#names.filter((name) => this.#fleet?.get(name)?.transport === 'agent'),
      groups: Object.fromEntries(
        (this.#fleet?.groups ?? []).map((name) => [name, this.#fleet?.group(name) ?? []]),
      ),
      hasFleetFile: this.#fleet !== undefined,
      health: this.#health,
      workers: this.#workers,
      heat: this.#heatOrder().flatMap((tick) => this.#heat.get(tick) ?? []),
      lines: this.#order.flatMap((tick) => this.#pages.get(tick)?.line ?? []),
    };
  }

  get workers(): readonly Presence[] {
    return this.#workers;
  }

  /** Whether any of the recent ticks runs. */
  get isRunning(): boolean {
    return this.#open.size > 0;
  }

  standing(drone: string): DroneStanding | undefined {
    return this.#standings.get(drone);
  }

  /** Every drone that the fleet file or a recent tick names. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The recent ticks that addressed the drone, newest first, with its letter in each. */
  ticksOf(drone: string): { readonly facts: TickFacts; readonly letter: string }[] {
    return this.#heatOrder().flatMap((tick) => {
      const place = placesOf(this.rosters.get(tick) ?? []).get(drone);
      const page = this.#pages.get(tick);
      if (place === undefined || page === undefined) return [];
      const letter = this.#closed.get(tick)?.[place] ?? this.#open.get(tick)?.letters[place];
      return [{ facts: page.facts, letter: letter ?? OPEN }];
    });
  }

  #heatOrder(): readonly string[] {
    return this.#order.slice(0, HEAT);
  }

  async #refresh(): Promise<RollChange | undefined> {
    const fleet = await this.readFleet();
    const [order, workers, last] = await Promise.all([
      listTicks(this.#store, LINES),
      livingWorkers(this.#store),
      fleet === undefined ? new Map() : readLastOutcomes(this.#store),
    ]);
    const unfinished = order.filter((tick) => this.#pages.get(tick)?.facts.state !== 'closed');
    const changed = await this.#turnPages(unfinished);
    const isMoved = order.join() !== this.#order.join();
    this.#order = order.filter((tick) => this.#pages.has(tick));
    this.#forget();
    const heat = await this.#readHeat();
    const isOther = this.#nameDrones();
    for (const tick of isOther ? this.#heatOrder() : heat) this.#draw(tick);
    const standing = this.#stand(workers, last);
    if (!isMoved && changed.length === 0 && heat.length === 0 && !standing && !isOther)
      return undefined;
    return {
      universe: this.#universe,
      order: this.#order,
      heat: heat.flatMap((tick) => this.#heat.get(tick) ?? []),
      lines: changed.flatMap((tick) => this.#pages.get(tick)?.line ?? []),
      ...(standing && { health: this.#health, workers: this.#workers }),
    };
  }

  /** Reads the facts of these; gives those of which something is new. */
  async #turnPages(ticks: readonly string[]): Promise<string[]> {
    const changed: string[] = [];
    for (const facts of await readManyTickFacts(this.#store, ticks)) {
      const before = this.#pages.get(facts.tick);
      if (before?.facts.state === facts.state) continue;
      this.#pages.set(facts.tick, { facts, line: shortLineOf(facts) });
      changed.push(facts.tick);
    }
    return changed;
  }

  /** Letters of those in the heat map that have new ones. */
  async #readHeat(): Promise<string[]> {
    const wanted = this.#heatOrder().filter((tick) => !this.#closed.has(tick));
    await this.rosters.read(this.#store, wanted);
    const changed = await Promise.all(
      wanted.map(async (tick) => {
        const page = this.#pages.get(tick);
        if (page === undefined) return false;
        if (page.facts.state === 'closed') {
          const letters = await lettersOfClosed(this.#store, page.facts);
          const own = this.rosters.get(tick) ?? [];
          this.#reasons.set(tick, await readReasons(this.#store, page.facts, own, letters));
          this.#closed.set(tick, letters);
          this.#open.delete(tick);
          return true;
        }
        const before = this.#open.get(tick);
        const roster = this.rosters.get(tick) ?? [];
        const after = await addArrivals(this.#store, tick, roster, before);
        this.#open.set(tick, after);
        return after.arrived !== before?.arrived;
      }),
    );
    return wanted.filter((_, index) => changed[index]);
  }

  /**
   * Drones of recent ticks that the fleet file does not have stand behind those that it has, for as long
   * as such a tick is known. Says whether the names are others than before.
   */
  #nameDrones(): boolean {
    const own = this.#fleet?.names ?? [];
    if (this.#isFleetNew) this.#rename(own);
    const isOwn = (drone: string) => (this.#index.get(drone) ?? Infinity) < own.length;
    const strangers = new Set<string>();
    const seen = new Set<unknown>();
    for (const tick of this.#heatOrder()) {
      const roster = this.rosters.get(tick) ?? [];
      if (seen.has(roster)) continue;
      seen.add(roster);
      for (const { drone } of roster) if (!isOwn(drone)) strangers.add(drone);
    }
    const before = this.#names.slice(own.length);
    const isSame = before.length === strangers.size && before.every((name) => strangers.has(name));
    if (!isSame) {
      const known = before.filter((name) => strangers.delete(name));
      this.#rename([...own, ...known, ...strangers]);
    }
    const isOther = this.#isFleetNew || !isSame;
    this.#isFleetNew = false;
    if (isOther) this.#universe += 1;
    return isOther;
  }

  #rename(names: readonly string[]): void {
    this.#names = names;
    this.#index = indexOf(names);
  }

  #draw(tick: string): void {
    const line = this.#pages.get(tick)?.line;
    const letters = this.#closed.get(tick) ?? this.#open.get(tick)?.letters;
    if (line === undefined || letters === undefined) return;
    const cells = new Array<string>(this.#names.length).fill(NOT_ADDRESSED);
    for (const [place, { drone }] of (this.rosters.get(tick) ?? []).entries()) {
      const index = this.#index.get(drone);
      if (index !== undefined) cells[index] = letters[place] ?? OPEN;
    }
    const reasons = this.#reasons.get(tick) ?? [];
    this.#heat.set(tick, { tick, cells: cells.join(''), reasons });
  }

  #stand(workers: readonly Presence[], last: Parameters<typeof standings>[2]): boolean {
    const now =
      this.#fleet === undefined
        ? new Map<string, DroneStanding>()
        : standings(this.#fleet, workers, last);
    const health = this.#names.map((name) => HEALTH[now.get(name)?.health ?? 'unknown']).join('');
    const before = JSON.stringify(this.#workers);
    const isSame = health === this.#health && before === JSON.stringify(workers);
    this.#standings = now;
    this.#health = health;
    this.#workers = workers;
    return !isSame;
  }

  #forget(): void {
    const kept = new Set(this.#order);
    const heat = new Set(this.#heatOrder());
    for (const tick of this.#pages.keys()) if (!kept.has(tick)) this.#pages.delete(tick);
    for (const map of [this.#closed, this.#reasons, this.#open, this.#heat]) {
      for (const tick of map.keys()) if (!heat.has(tick)) map.delete(tick);
    }
    this.rosters.keep(heat);
  }
}

const HEALTH = { ok: 'o', bad: 'b', unknown: '?', unserved: 'u', disabled: 'd' } as const;

function indexOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, index]));
}
