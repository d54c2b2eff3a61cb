/** What the page of one tick shows. Each report is read once; a tick that has ended is read no more. */
import {
  foldNodeSet,
  groupByReason,
  keys,
  missingByDrone,
  oneLine,
  readReportOrRejection,
  resultText,
  type Call,
  type CallStatus,
  type Misfortune,
  type Report,
} from '@muster/protocol';
import {
  readProgress,
  readTickFacts,
  readTickRoster,
  type RosterEntry,
  type TickFacts,
  type TickStore,
} from '@muster/tick-state';
import type {
  OpenRow,
  OutputGroup,
  ReportedRow,
  TickView,
  WordsGroup,
} from '@muster/dashboard-pages/views';
import { lineOf } from './tick-line.js';

/** Outputs are told apart by this much of them, in characters, and shown as far. */
const TEXT_LENGTH = 32_768;
/** Groups of outputs that are shown, and characters of all of them together. */
const OUTPUTS = { groups: 200, length: 1_500_000 };
/** Bytes of outputs that are asked of Redis at once. */
const CHUNK_BYTES = 16 * 1024 * 1024;

/** What a drone's calls printed, and how they came to an end. */
type Output = Pick<OutputGroup, 'text' | 'end'>;

export class TickBook {
  readonly #store: TickStore;
  readonly #tick: string;
  #roster: readonly RosterEntry[] | undefined;
  #batches: readonly (readonly Call[])[] = [];
  readonly #reports = new Map<string, Report>();
  readonly #outputs = new Map<string, Output>();
  #arrived = 0;
  #final: TickView | undefined;

  constructor(store: TickStore, tick: string) {
    this.#store = store;
    this.#tick = tick;
  }

  /** Undefined when there is no such tick. */
  async view(): Promise<TickView | undefined> {
    if (this.#final !== undefined) return this.#final;
    const facts = await readTickFacts(this.#store, this.#tick);
    if (facts === undefined) return undefined;
    this.#roster ??= await this.#begin();
    await this.#readArrivals();
    const view = await this.#compose(facts, this.#roster);
    if (facts.state === 'closed') this.#final = view;
    return view;
  }

  async #begin(): Promise<readonly RosterEntry[]> {
    const { redis, prefix } = this.#store;
    const [roster, batches] = await Promise.all([
      readTickRoster(this.#store, this.#tick),
      redis.hgetall(keys.batches(prefix, this.#tick)),
    ]);
    this.#batches = Object.keys(batches).map(
      (_, index) => JSON.parse(batches[String(index)] ?? '[]') as Call[],
    );
    return roster;
  }

  async #readArrivals(): Promise<void> {
    const { redis, prefix } = this.#store;
    const tick = this.#tick;
    const drones = await redis.lrange(keys.arrivals(prefix, tick), this.#arrived, -1);
    if (drones.length === 0) return;
    const reports = await redis.hmget(keys.reports(prefix, tick), ...drones);
    for (const [index, drone] of drones.entries()) {
      const report = reports[index];
      if (typeof report === 'string')
        this.#reports.set(drone, readReportOrRejection(report, drone));
    }
    await this.#readOutputs(drones);
    this.#arrived += drones.length;
  }

  /** As many at once as do not hold Redis up: all of them, where outputs have a usual size. */
  async #readOutputs(drones: readonly string[]): Promise<void> {
    const { redis, prefix } = this.#store;
    const key = keys.outputs(prefix, this.#tick);
    const [bytes, count] = await Promise.all([redis.memory('USAGE', key), redis.hlen(key)]);
    const each = Math.max(1, (bytes ?? 0) / Math.max(1, count));
    const chunk = Math.max(1, Math.floor(CHUNK_BYTES / each));
    for (let from = 0; from < drones.length; from += chunk) {
      const some = drones.slice(from, from + chunk);
      const texts = await redis.hmget(key, ...some);
      for (const [index, drone] of some.entries()) this.#keepOutput(drone, texts[index] ?? '[]');
    }
  }

  #keepOutput(drone: string, json: string): void {
    const report = this.#reports.get(drone);
    const calls = report?.calls ?? [];
    const results = JSON.parse(json) as unknown[];
    const text = results
      .map((result, index) => resultText(calls[index]?.method ?? '', result))
      .join('');
    const isLong = text.length > TEXT_LENGTH;
    this.#outputs.set(drone, {
      text: isLong ? `${text.slice(0, TEXT_LENGTH)}…\n(cut: see the drone's page)\n` : text,
      end: report === undefined ? null : endOf(report),
    });
  }

  async #compose(facts: TickFacts, roster: readonly RosterEntry[]): Promise<TickView> {
    const reported: ReportedRow[] = [];
    const bad = new Map<string, Misfortune>();
    const missing = missingByDrone(facts.verdict?.missing ?? []);
    const open: RosterEntry[] = [];
    for (const entry of roster) {
      const { drone, batch } = entry;
      const said = this.#reports.get(drone) ?? missing.get(drone);
      if (said === undefined) {
        open.push(entry);
        continue;
      }
      if (said.outcome !== 'ok') bad.set(drone, said);
      const report = this.#reports.get(drone);
      reported.push(rowOf(drone, batch, report, said, facts));
    }
    const total = ({ queuedMs, connectMs, runMs }: ReportedRow) => queuedMs + connectMs + runMs;
    reported.sort((a, b) => total(b) - total(a));
    const { groups, more } = foldOutputs(this.#outputs);
    return {
      ...lineOf(facts),
      now: await this.#now(),
      methods: this.#batches.map((calls) => calls.map(({ method }) => method)),
      reported,
      open: facts.state === 'closed' ? [] : await this.#openRows(facts, open),
      outputs: groups,
      moreOutputs: more,
      bad: groupByReason(bad).map(({ drones, outcome, message }) => {
        return { drones: foldNodeSet(drones), count: drones.length, outcome, message };
      }),
      warnings: this.#warnings(),
    };
  }

  async #now(): Promise<number> {
    const [seconds, micros] = await this.#store.redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  async #openRows(facts: TickFacts, open: readonly RosterEntry[]): Promise<OpenRow[]> {
    const steps = await readProgress(this.#store, this.#tick);
    const rows = open.map(({ drone, batch }): OpenRow => {
      const step = steps.get(drone);
      if (step === undefined) return { ...UNCLAIMED, drone, methods: batch };
      const { worker, isHeld, claimedAt, beganAt } = step;
      const call = isHeld ? runningCall(step.call, this.#batches[batch] ?? []) : null;
      const name = !isHeld ? 'waiting' : call === null ? 'connecting' : 'running';
      const since = (at: number | null) => (at === null ? null : Math.max(0, at - facts.startedAt));
      const [queuedMs, beganMs] = [since(claimedAt), since(isHeld ? beganAt : null)];
      return { drone, step: name, call, methods: batch, queuedMs, beganMs, worker };
    });
    const order = { running: 0, connecting: 1, waiting: 2, queued: 3 };
    return rows.sort(
      (a, b) => order[a.step] - order[b.step] || (a.queuedMs ?? 0) - (b.queuedMs ?? 0),
    );
  }

  #warnings(): WordsGroup[] {
    const byText = new Map<string, string[]>();
    for (const [drone, { warnings }] of this.#reports) {
      for (const warning of warnings) {
        const text = oneLine(warning);
        byText.set(text, [...(byText.get(text) ?? []), drone]);
      }
    }
    return [...byText].map(([text, drones]) => {
      return { drones: foldNodeSet(drones), count: drones.length, text };
    });
  }
}

const UNCLAIMED = {
  step: 'queued',
  call: null,
  queuedMs: null,
  beganMs: null,
  worker: null,
} as const;

/**
 * The journal knows of calls that began, and of those that ended; one that changes nothing is there
 * only once it has ended, so that the one behind it runs.
 */
function runningCall(last: number | null, calls: readonly Call[]): number | null {
  if (last === null) return calls[0]?.effect === 'read' ? 0 : null;
  const isOver = calls[last]?.effect === 'read';
  return Math.min(isOver ? last + 1 : last, Math.max(0, calls.length - 1));
}

function rowOf(
  drone: string,
  batch: number,
  report: Report | undefined,
  { outcome, attempts, worker }: Pick<Report, 'outcome' | 'attempts' | 'worker'>,
  { startedAt, finishedAt }: Pick<TickFacts, 'startedAt' | 'finishedAt'>,
): ReportedRow {
  // One without a report was waited for until the end, in the queue or on its worker.
  const waited = (finishedAt ?? startedAt) - startedAt;
  const [queued, ran] = worker === null ? [waited, 0] : [0, waited];
  const { queuedMs = queued, connectMs = 0, runMs = ran } = report?.timings ?? {};
  const calls = (report?.calls ?? []).map(
    ({ status, durationMs }) => [status, durationMs] as const,
  );
  return { drone, outcome, queuedMs, connectMs, runMs, methods: batch, calls, attempts, worker };
}

/** A batch that was refused or never begun has not run its calls. */
function endOf({ outcome, calls }: Report): CallStatus | null {
  const bad = calls.find(({ status }) => status !== 'ok')?.status;
  return bad ?? (outcome === 'ok' ? null : 'skipped');
}

/** Outputs folded by equality, most drones first. */
function foldOutputs(outputs: ReadonlyMap<string, Output>): {
  groups: OutputGroup[];
  more: number;
} {
  const folded = new Map<string, { readonly output: Output; readonly drones: string[] }>();
  for (const [drone, output] of outputs) {
    const key = `${output.end ?? ''} ${output.text}`;
    const same = folded.get(key);
    if (same === undefined) folded.set(key, { output, drones: [drone] });
    else same.drones.push(drone);
  }
  const sorted = [...folded.values()].sort((a, b) => b.drones.length - a.drones.length);
  const groups: OutputGroup[] = [];
  let length = 0;
  for (const { output, drones } of sorted) {
    length += output.text.length;
    if (groups.length === OUTPUTS.groups || (length > OUTPUTS.length && groups.length > 0)) break;
    groups.push({ drones: foldNodeSet(drones), count: drones.length, ...output });
  }
  return { groups, more: sorted.length - groups.length };
}
