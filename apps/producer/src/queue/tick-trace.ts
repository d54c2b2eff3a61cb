/** A tick's trace at its producer: `execute` or `resume`, with `send` and `collect` under it. */
import { MusterError, TICKS_QUEUE, type TickRecord } from '@muster/protocol';
import { callersPlace, startSpan, type MusterSpan, type TracePlace } from '@muster/runtime';
import type { Outcome } from './tick-outcome.js';

/** Of a tick that is executed here, or of one that was adopted. */
export type TickSpan = MusterSpan<'execute'> | MusterSpan<'resume'>;

/** Stands under the caller's own span, where he has one. */
export function traceExecute(lane: string): MusterSpan<'execute'> {
  return startSpan('execute', {
    under: callersPlace(),
    of: lane,
    attributes: () => ({ 'muster.lane': lane }),
  });
}

/** Goes on in the trace of the producer before us. */
export function traceResume(lane: string, under: TracePlace | undefined): MusterSpan<'resume'> {
  return startSpan('resume', { under, of: lane, attributes: () => ({ 'muster.lane': lane }) });
}

export interface TickAbout {
  readonly tick: string;
  /** Drones addressed. */
  readonly size: number;
  readonly policy: string;
}

export function sayTick(span: TickSpan, { tick, size, policy }: TickAbout): void {
  if (!span.isOn) return;
  span.set({ 'muster.tick.id': tick, 'muster.tick.size': size, 'muster.tick.policy': policy });
}

export function endWith(span: TickSpan, outcome: Outcome): void {
  if (outcome.kind === 'error') fail(span, outcome.error);
  sayStatus(span, outcome.record?.status);
  span.end();
}

export function endWithError(span: MusterSpan, error: unknown): void {
  fail(span, error);
  span.end();
}

/** Of a producer that leaves its tick to itself. */
export function endAsDetached(span: TickSpan): void {
  sayStatus(span, 'running');
  span.end();
}

/** `work` sends so many jobs. */
export async function traceSend(
  under: TracePlace | undefined,
  tick: string,
  jobs: number,
  work: () => Promise<void>,
): Promise<void> {
  const span = startSpan('send', {
    under,
    attributes: () => ({
      'messaging.system': 'bullmq',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': TICKS_QUEUE,
      'messaging.message.id': tick,
      'messaging.batch.message_count': jobs,
      'muster.tick.id': tick,
    }),
  });
  await ending(span, work);
}

/** `work` reads the results of a tick that has ended. */
export function traceCollect<T>(
  under: TracePlace | undefined,
  { tick, lane, size }: { readonly tick: string; readonly lane: string; readonly size: number },
  work: () => Promise<T>,
): Promise<T> {
  const span = startSpan('collect', {
    under,
    of: lane,
    attributes: () => ({ 'muster.lane': lane, 'muster.tick.id': tick, 'muster.tick.size': size }),
  });
  return ending(span, work);
}

async function ending<T>(span: MusterSpan, work: () => Promise<T>): Promise<T> {
  try {
    return await span.run(work);
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

function fail(span: MusterSpan, error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  // The first line says it all; what follows are the drones, one by one.
  span.fail(error instanceof MusterError ? error.code : name, message.split('\n')[0]);
}

function sayStatus(span: TickSpan, status: TickRecord['status'] | undefined): void {
  if (span.isOn && status !== undefined) span.set({ 'muster.tick.status': status });
}
