/** A batch as it travels in a BullMQ job: it names the tick, the drone and the batch, and holds no secret. */
import { z } from 'zod';
import { describeIssues } from './describe-issues.js';
import { NAME_PATTERN } from './names.js';
import { checkWireVersion, WIRE_VERSION, WireError } from './wire-version.js';

export interface BatchOrder {
  readonly v: typeof WIRE_VERSION;
  readonly tick: string;
  readonly lane: string;
  /** The tick's number in its lane, which is the fencing epoch. */
  readonly epoch: number;
  readonly drone: string;
  /** Which of the tick's distinct batches; the calls themselves lie with the tick, once. */
  readonly batch: number;
  /** For people who look at the queue: the methods, e.g. `exec ×3, read`. */
  readonly summary: string;
}

const schema = z.object({
  v: z.literal(WIRE_VERSION),
  tick: z.string().min(1),
  lane: z.string().regex(NAME_PATTERN),
  epoch: z.number().int().positive(),
  drone: z.string().regex(NAME_PATTERN),
  batch: z.number().int().min(0),
  summary: z.string(),
});

/** @throws WireError for version skew and for anything that is no batch order. */
export function readBatchOrder(data: unknown): BatchOrder {
  checkWireVersion(data, 'batch');
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new WireError(`not a batch order: ${describeIssues(parsed.error)}`);
  return parsed.data;
}

/** Says the methods of a batch in one short line: `exec ×3, read`. */
export function summarizeMethods(methods: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const method of methods) counts.set(method, (counts.get(method) ?? 0) + 1);
  return [...counts]
    .map(([method, count]) => (count === 1 ? method : `${method} ×${String(count)}`))
    .join(', ');
}
