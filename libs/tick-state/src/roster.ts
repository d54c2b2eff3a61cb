/** The drones that a tick addresses: where each one's job travels, and which batch it carries. */
export interface RosterEntry {
  readonly drone: string;
  /** The BullMQ queue of its job. */
  readonly queue: string;
  /** Index of its batch among the tick's distinct batches. */
  readonly batch: number;
}

/** The stored form: `{queues: [name…], drones: [[drone, queue index, batch index]…]}`. */
interface StoredRoster {
  readonly queues: string[];
  readonly drones: [string, number, number][];
}

export function writeRoster(roster: readonly RosterEntry[]): string {
  const queues = new Map<string, number>();
  const drones = roster.map(({ drone, queue, batch }): [string, number, number] => {
    const index = queues.get(queue) ?? queues.size;
    queues.set(queue, index);
    return [drone, index, batch];
  });
  return JSON.stringify({ queues: [...queues.keys()], drones } satisfies StoredRoster);
}

export function readRoster(text: string): RosterEntry[] {
  const { queues, drones } = JSON.parse(text) as StoredRoster;
  return drones.map(([drone, queue, batch]) => ({ drone, queue: queues[queue] ?? '', batch }));
}
