/** What the server tells the pages. Times are milliseconds since 1970 by Redis' clock, durations milliseconds. */
import type {
  CallEntry,
  CallStatus,
  DroneEntry,
  DroneError,
  DroneStanding,
  Outcome,
  Presence,
  TickStatus,
  Timings,
} from '@muster/protocol';

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

/** Bad drones with the same reason. */
export interface ReasonGroup {
  /** Folded. */
  readonly drones: string;
  readonly count: number;
  readonly outcome: Outcome;
  readonly message: string;
}

/** A tick's column of the heat map. */
export interface HeatRow {
  readonly tick: string;
  /**
   * A letter for each drone, in the order of `RollView.drones`: that of its outcome, `-` for one that
   * has not reported, a space for one that was not addressed.
   */
  readonly cells: string;
  /** Once it has ended: of the bad drones, those that share it with most; not all of thousands. */
  readonly reasons: readonly ReasonGroup[];
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
  readonly workers: readonly Presence[];
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
  readonly workers?: readonly Presence[];
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
  /** From the tick's start to the begin of the call that runs; null where that is not known. */
  readonly beganMs: number | null;
  readonly worker: string | null;
}

/** Drones that say the same. */
export interface WordsGroup {
  /** Folded. */
  readonly drones: string;
  readonly count: number;
  readonly text: string;
}

/** Drones whose calls printed the same, and came to the same end. */
export interface OutputGroup extends WordsGroup {
  /** What became of the first call that did not succeed; null where all did. */
  readonly end: CallStatus | null;
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
  readonly warnings: readonly WordsGroup[];
}

/** What became of a drone in one tick. */
export interface DroneTick {
  readonly tick: string;
  readonly lane: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** null while the tick runs and the drone has not reported. */
  readonly outcome: Outcome | null;
  readonly error: DroneError | null;
  readonly attempts: number;
  readonly worker: string | null;
  readonly timings: Timings;
  readonly calls: readonly Pick<CallEntry, 'method' | 'status' | 'durationMs'>[];
}

/** What `/api/drones/DRONE` gives. */
export interface DroneView {
  readonly drone: string;
  /** null for a drone that the fleet file does not have. */
  readonly standing: DroneStanding | null;
  /** `host:pid` of the living workers that serve it. */
  readonly workers: readonly string[];
  /** Newest first. */
  readonly ticks: readonly DroneTick[];
  /** Its whole entry in the newest of them, with its results. */
  readonly last: { readonly tick: string; readonly entry: DroneEntry } | null;
}

/** What a call printed, as far as it is shown. */
export interface ShownText {
  readonly text: string;
  /** In characters, of the whole. */
  readonly length: number;
}

/** A drone's entry in the newest tick that has one. */
export interface DroneLast {
  readonly tick: string;
  readonly entry: Omit<DroneEntry, 'results'>;
  /** Of each call that succeeded, up to the first that did not. */
  readonly outputs: readonly ShownText[];
}

/** The page of one drone. */
export interface DronePageView extends Omit<DroneView, 'last'> {
  readonly last: DroneLast | null;
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
