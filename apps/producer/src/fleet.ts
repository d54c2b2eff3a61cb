/** The fleet, for a scheduler: its drones as objects that calls can be queued on. */
import { loadFleet as readFleet, type Fleet } from '@muster/fleet';
import { Drone } from './drone.js';

export class DroneFleet {
  readonly #drones = new Map<string, Drone>();

  constructor(
    /** What the fleet file says. */
    readonly file: Fleet,
  ) {}

  /**
   * The drones that a selection chooses, in file order; the same objects each time.
   * @throws InvalidInputError for what cannot be read, and for a drone or group that is not there.
   */
  select(expression: string): Drone[] {
    return this.file.select(expression).map((name) => this.#drone(name));
  }

  /** A drone by its name; undefined when the fleet has none of that name. */
  get(name: string): Drone | undefined {
    return this.file.get(name) === undefined ? undefined : this.#drone(name);
  }

  #drone(name: string): Drone {
    const known = this.#drones.get(name);
    if (known !== undefined) return known;
    const drone = new Drone(name);
    this.#drones.set(name, drone);
    return drone;
  }
}

/** Loads a fleet file. @throws InvalidInputError that names the place. */
export async function loadFleet(path: string): Promise<DroneFleet> {
  return new DroneFleet(await readFleet(path));
}
