/** A tick's record as the contract has it, field by field, written down a second time on purpose. */
import { z } from 'zod';

const OUTCOMES = [
  'ok',
  'call_failed',
  'timed_out',
  'unreachable',
  'auth_failed',
  'host_key_mismatch',
  'never_started',
  'worker_lost',
  'cancelled',
  'quarantined',
  'rejected',
] as const;

const outcome = z.enum(OUTCOMES);
const tickId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*-[1-9]\d*$/);
const time = z.iso.datetime({ precision: 3 });
const milliseconds = z.number().min(0);
const line = z.string().regex(/^[^\n\r]+$/);

const droneEntry = z.strictObject({
  outcome,
  results: z.array(z.unknown()),
  warnings: z.array(line),
  error: z
    .strictObject({
      message: line,
      call: z.int().min(0).optional(),
      ended: z.enum(['confirmed', 'unconfirmed']).optional(),
    })
    .nullable(),
  attempts: z.int().min(0),
  worker: z
    .string()
    .regex(/^[^:]+:\d+(\.\d+)?$/)
    .nullable(),
  calls: z
    .array(
      z.strictObject({
        method: z.string().min(1),
        status: z.enum(['ok', 'failed', 'timed_out', 'cancelled', 'skipped', 'unknown']),
        durationMs: milliseconds,
      }),
    )
    .min(1),
  timings: z.strictObject({
    queuedMs: milliseconds,
    connectMs: milliseconds,
    runMs: milliseconds,
  }),
});

const failure = z.strictObject({
  message: line,
  drones: z.record(
    z.string(),
    z.strictObject({
      outcome: outcome.exclude(['ok']),
      message: line,
      call: z.int().min(0).nullable(),
    }),
  ),
});

const head = {
  tick: tickId,
  lane: z.string(),
  status: z.enum(['ok', 'failed', 'cancelled']),
  startedAt: time,
  finishedAt: time,
  durationMs: z.int().min(0),
  deadlineMs: z.int().min(1),
  policy: z.string().min(1),
  counts: z.partialRecord(outcome, z.int().min(1)),
  failure: failure.nullable(),
};

const recordSchema = z.strictObject({ ...head, drones: z.record(z.string(), droneEntry) });
const recordHeadSchema = z.strictObject(head);

const reportLine = z.strictObject({ drone: z.string(), ...droneEntry.shape });

export type Entry = z.infer<typeof droneEntry>;
export type TickRecord = z.infer<typeof recordSchema>;
export type RecordHead = z.infer<typeof recordHeadSchema>;

/**
 * Reads the record of a tick that has ended, and checks what holds for every record.
 * @throws Error when it is not the contract's.
 */
export function readRecord(json: string): TickRecord {
  const record = recordSchema.parse(JSON.parse(json));
  const entries = Object.entries(record.drones);
  const complain = (what: string) => {
    throw new Error(`${record.tick}: ${what}\n${json}`);
  };
  const counts: Partial<Record<string, number>> = {};
  for (const [, entry] of entries) counts[entry.outcome] = (counts[entry.outcome] ?? 0) + 1;
  if (!sameMap(counts, record.counts)) complain('counts are not those of the drones');

  const bad = entries.filter(([, entry]) => entry.outcome !== 'ok').map(([drone]) => drone);
  if ((record.status === 'ok') !== (record.failure === null)) complain('status and failure differ');
  if (record.failure !== null) {
    const named = Object.keys(record.failure.drones);
    if (named.toSorted().join() !== bad.toSorted().join()) complain('failure names other drones');
    for (const [drone, { outcome: said, message, call }] of Object.entries(record.failure.drones)) {
      const entry = record.drones[drone];
      if (said !== entry?.outcome) complain(`failure says ${said} of ${drone}`);
      if (call !== (entry?.error?.call ?? null)) complain(`failure names another call of ${drone}`);
      if (!record.failure.message.includes(message)) complain(`the message leaves out: ${message}`);
    }
  }
  for (const [drone, entry] of entries) {
    const ok = entry.outcome === 'ok';
    if (ok !== (entry.error === null)) complain(`${drone}: outcome and error differ`);
    const done = entry.calls.findIndex(({ status }) => status !== 'ok');
    if (ok !== done < 0) complain(`${drone}: outcome and calls differ`);
    if (entry.results.length !== (ok ? entry.calls.length : done)) {
      complain(`${drone}: results are not those of the calls that are ok`);
    }
  }
  checkTimes(record, complain);
  return record;
}

/** A record without its drones, as `muster ticks --json` and `--jsonl` give it. */
export function readRecordHead(value: unknown): RecordHead {
  return recordHeadSchema.parse(value);
}

/** A drone's line of `--jsonl`: its name and its whole entry. */
export function readReportLine(json: string): [drone: string, entry: Entry] {
  const { drone, ...entry } = reportLine.parse(JSON.parse(json));
  return [drone, entry];
}

function checkTimes(record: RecordHead, complain: (what: string) => void): void {
  const took = Date.parse(record.finishedAt) - Date.parse(record.startedAt);
  if (took !== record.durationMs) complain('durationMs is not finishedAt - startedAt');
  if (record.tick.replace(/-\d+$/, '') !== record.lane) complain('the tick is of another lane');
}

function sameMap(one: object, other: object): boolean {
  const sorted = (map: object) => JSON.stringify(Object.entries(map).sort());
  return sorted(one) === sorted(other);
}
