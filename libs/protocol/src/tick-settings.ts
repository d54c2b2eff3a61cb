/** What a tick tells the workers beside its batches. All times in milliseconds. */
import { z } from 'zod';
import { describeIssues } from './describe-issues.js';
import { checkWireVersion, parseWireJson, WIRE_VERSION, WireError } from './wire-version.js';

export interface TickSettings {
  readonly deadlineMs: number;
  readonly connectTimeoutMs: number;
  /** How often a batch may be tried, 1 for once. */
  readonly attempts: number;
  /** Tells the tick's processes from those of a tick with the same id in another installation. */
  readonly nonce: string;
  /** Where the tick stands in its trace, W3C Trace Context; undefined where it has none. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

const schema = z.object({
  deadlineMs: z.number().int().positive(),
  connectTimeoutMs: z.number().int().positive(),
  attempts: z.number().int().positive(),
  nonce: z.string().regex(/^[0-9a-f]{8,}$/, 'expected hexadecimal digits'),
  // Whatever it is, the tick runs.
  traceparent: z.string().optional().catch(undefined),
  tracestate: z.string().optional().catch(undefined),
});

export function writeTickSettings(settings: TickSettings): string {
  return JSON.stringify({ v: WIRE_VERSION, ...settings });
}

/** @throws WireError for version skew and for anything that is no tick's settings. */
export function readTickSettings(json: string): TickSettings {
  const data = parseWireJson(json, "a tick's settings");
  checkWireVersion(data, "tick's settings");
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    throw new WireError(`not a tick's settings: ${describeIssues(parsed.error)}`);
  return parsed.data;
}
