/** What is to be ended on a drone, and what became of it. */
export interface ToEnd {
  /** The process group, where it is known. */
  readonly group?: number | undefined;
  /** The process in it that watches over the group, and is not waited for. */
  readonly watcher?: number | undefined;
  /** What the marks of the processes begin with. */
  readonly mark: string;
  /** Milliseconds between TERM and KILL. */
  readonly graceMs: number;
}

export interface Ended {
  /** `confirmed`: neither the group nor a mark is alive, as seen on the drone. */
  readonly ended: 'confirmed' | 'unconfirmed';
  /** Whether there was anything to end. */
  readonly found: boolean;
}
