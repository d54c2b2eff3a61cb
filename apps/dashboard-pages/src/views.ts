/** What the server tells the pages. Times are milliseconds since 1970 by Redis' clock, durations milliseconds. */
import type { CallStatus, Outcome, TickStatus } from '@muster/protocol';

/** A tick in one line. */
export interface TickLine {
  readonly tick: string;
  readonly lane: string;
  readonly status: TickStatus;
  /** It still runs, and is being ended. */
  readonly isClosing: boolean;
  readonly startedAt: number;
  readonly durationMs: number | null;
  readonly deadlineMs: number;
  readonly policy: string;
  /** Drones addressed. */
  readonly size: number;
  readonly counts: Partial<Record<Outcome, number>>;
  /** The failure's one line. */
  readonly message: string | null;
}

/** A tick's column of the heat map. */
export interface HeatRow {
  readonly tick: string;
  /**
   * A letter for each drone, in the order of `RollView.drones`: that of its outcome, `-` for one that
   * has not reported, a space for one that was not addressed.
   */
  readonly cells: string;
}

export interface WorkerLine {
  readonly id: string;
  readonly sites: readonly string[];
  readonly drones: readonly string[];
  readonly version: string;
  readonly concurrency: number;
  readonly active: number;
  readonly startedAt: string;
}

/** Everything that the pages for the fleet and the ticks show. */
export interface RollView {
  /** Another number means other drones: the cells must be read anew. */
  readonly universe: number;
  readonly drones: readonly string[];
  readonly sites: readonly string[];
  /** Of each drone, the index of its site; '' is that of drones the fleet file does not have. */
  readonly site: readonly number[];
  readonly disabled: readonly string[];
  /** Drones that run their own worker. */
  readonly agents: readonly string[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly hasFleetFile: boolean;
  /** Of each drone: `o` ok, `b` bad, `?` never called, `u` served by nobody, `d` disabled. */
  readonly health: string;
  readonly workers: readonly WorkerLine[];
  /** Newest first. */
  readonly heat: readonly HeatRow[];
  /** Newest first. */
  readonly lines: readonly TickLine[];
}

/** What has changed of it. */
export interface RollChange {
  readonly universe: number;
  /** Ids of all ticks there are, newest first. */
  readonly order: readonly string[];
  readonly heat: readonly HeatRow[];
  readonly lines: readonly TickLine[];
  readonly health?: string;
  readonly workers?: readonly WorkerLine[];
}

/** A drone that has reported, or was given an outcome when its tick ended. */
export interface ReportedRow {
  readonly drone: string;
  readonly outcome: Outcome;
  readonly queuedMs: number;
  readonly connectMs: number;
  readonly runMs: number;
  /** Index into `TickView.methods`. */
  readonly methods: number;
  /** Of each call. */
  readonly calls: readonly (readonly [status: CallStatus, durationMs: number])[];
  readonly attempts: number;
  readonly worker: string | null;
}

/** A drone of a tick that runs, before its report. */
export interface OpenRow {
  readonly drone: string;
  readonly step: 'queued' | 'waiting' | 'connecting' | 'running';
  /** The call that runs. */
  readonly call: number | null;
  readonly methods: number;
  /** From the tick's start to its claim; null before. */
  readonly queuedMs: number | null;
  readonly worker: string | null;
}

/** Drones that say the same. */
export interface OutputGroup {
  /** Folded. */
  readonly drones: string;
  readonly count: number;
  readonly text: string;
}

export interface ReasonGroup {
  readonly drones: string;
  readonly count: number;
  readonly outcome: Outcome;
  readonly message: string;
}

export interface TickView extends TickLine {
  /** When it was looked at. */
  readonly now: number;
  /** Distinct lists of methods. */
  readonly methods: readonly (readonly string[])[];
  /** The slowest first. */
  readonly reported: readonly ReportedRow[];
  readonly open: readonly OpenRow[];
  /** Most drones first. */
  readonly outputs: readonly OutputGroup[];
  /** Different outputs that were left out. */
  readonly moreOutputs: number;
  readonly bad: readonly ReasonGroup[];
  readonly warnings: readonly OutputGroup[];
}

/** Who looks, and what they may do. */
export interface SessionView {
  readonly user: string;
  /** Whether there is something to log out of. */
  readonly isPerson: boolean;
  readonly mayChange: boolean;
  readonly csrf: string;
  readonly version: string;
}
