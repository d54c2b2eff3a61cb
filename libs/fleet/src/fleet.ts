/** The drones of a fleet, and the ways to choose among them. */
import { InvalidInputError, NodeSetError, parseSelection, select } from '@muster/protocol';
import type { DroneEntry, DroneSettings } from './drone-entry.js';

/** A fleet as a fleet file describes it. Immutable. */
export class Fleet {
  /** Every drone's name, disabled ones included, in file order. */
  readonly names: readonly string[];
  /** Every group's name, without the `@`, in file order. */
  readonly groups: readonly string[];
  readonly #drones: ReadonlyMap<string, DroneSettings>;
  /** As they were asked for. */
  readonly #entries = new Map<string, DroneEntry>();
  /** Where each drone stands in the file; made when it is first asked for. */
  #places: ReadonlyMap<string, number> | undefined;
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #enabled: readonly string[];

  /** From drones and groups' members that are right: `parseFleet` and `loadFleet` see to it. */
  constructor(
    drones: ReadonlyMap<string, DroneSettings>,
    groups: ReadonlyMap<string, readonly string[]>,
  ) {
    this.#drones = drones;
    this.names = Object.freeze([...drones.keys()]);
    this.#enabled = this.names.filter((name) => this.enabled(name));
    this.#groups = new Map(
      [...groups].map(([group, members]) => [
        group,
        Object.freeze(members.filter((name) => this.enabled(name))),
      ]),
    );
    this.groups = Object.freeze([...groups.keys()]);
  }

  /** How many drones there are, disabled ones included. */
  get size(): number {
    return this.names.length;
  }

  /** What the file says of a drone; undefined if it has none of that name. */
  get(name: string): DroneEntry | undefined {
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const settings = this.#drones.get(name);
    if (settings === undefined) return undefined;
    const entry = Object.freeze({ ...settings, name, address: settings.address ?? name });
    this.#entries.set(name, entry);
    return entry;
  }

  #placeOf(name: string): number {
    this.#places ??= new Map(this.names.map((one, place) => [one, place]));
    return this.#places.get(name) ?? -1;
  }

  /** Whether the drone is there and not disabled. */
  enabled(name: string): boolean {
    return this.#drones.get(name)?.enabled ?? false;
  }

  /** A group's enabled members, in file order; undefined if there is no such group. */
  group(name: string): readonly string[] | undefined {
    return this.#groups.get(name);
  }

  /** The sites of the drones that near workers serve (`ssh`, `local`), in file order. */
  sites(): string[] {
    const settings = new Set(this.#drones.values());
    const near = [...settings].filter(({ transport }) => transport !== 'agent');
    return [...new Set(near.map(({ site }) => site))];
  }

  /**
   * The names of the drones that a selection chooses (`lab[001-100]`, `@rack1`, `a,b`, `a!b`,
   * `a&b`, `*`), in file order, each once; possibly none. `*`, wildcards and groups leave out
   * disabled drones, naming one includes it.
   * @throws InvalidInputError for what cannot be read, and for a drone or group that is not there,
   * with the nearest one that is.
   */
  select(expression: string): string[] {
    try {
      return select(parseSelection(expression), {
        all: this.#enabled,
        names: this.names,
        groups: this.groups,
        has: (name) => this.#drones.has(name),
        placeOf: (name) => this.#placeOf(name),
        group: (name) => this.group(name),
      });
    } catch (error) {
      if (!(error instanceof NodeSetError)) throw error;
      throw new InvalidInputError(error.message, { cause: error });
    }
  }
}
