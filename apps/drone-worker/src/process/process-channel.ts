/** A way to start one process on a drone and to follow it. */
import type { ShellExit } from '../transport/shell.js';
import type { LastOutput } from './last-output.js';
import type { OutputCapture } from './output-capture.js';
import type { OrderTerms, ProcessSpec } from './start-order.js';

export interface Captures {
  readonly stdout: OutputCapture;
  readonly stderr: OutputCapture;
}

export interface ProcessChannel {
  /** It waits for the order already. */
  readonly isThere: boolean;
  /** Resolves when it waits for the order; what keeps it from that shows in `exited`. */
  readonly there: Promise<void>;
  /** How the process ended. Rejects with `SessionLostError` when nobody can say. */
  readonly exited: Promise<ShellExit>;
  readonly begun: Begun;
  readonly output: LastOutput;
  /** False once an order would go nowhere. */
  takesOrders(): boolean;
  /** Starts the process, once. */
  order(spec: ProcessSpec, terms: Omit<OrderTerms, 'nonce'>): void;
  /** Has the group ended, if the process still runs; and says that nobody waits any more. */
  endGroup(): void;
  /** Why nothing has begun, although it has exited. */
  noStart(exit: ShellExit): Error;
  /** Lets go of everything. Ends nothing on the drone by itself. */
  close(): void;
}

/** What is known of the beginning of a process. */
export class Begun {
  /** `ordered`: whether it has, nobody has said yet. */
  state: 'ordered' | 'begun' | 'too-late' = 'ordered';
  /** The process group, once it is known. */
  group: number | undefined;
  /** See `ToEnd`. */
  watcher: number | undefined;
  /** Resolves with the first word. */
  readonly said: Promise<void>;
  #settle = (): void => undefined;

  constructor() {
    this.said = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  begin(group: number | undefined, watcher?: number): void {
    this.state = 'begun';
    this.group = group;
    this.watcher = watcher;
    this.#settle();
  }

  refuse(): void {
    this.state = 'too-late';
    this.#settle();
  }
}
