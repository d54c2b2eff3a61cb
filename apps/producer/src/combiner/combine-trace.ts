/** The spans of a combiner, in the trace of the tick that it closes. */
import { TICKS_QUEUE, type Verdict } from '@muster/protocol';
import { startSpan, type MusterSpan, type TracePlace } from '@muster/runtime';
import { placeOfTick, type TickFacts } from '@muster/tick-state';

/** The tick's parent job has come to its end; `startedAt` in milliseconds since 1970. */
export function traceParent(
  { tick, lane, settings }: TickFacts,
  verdict: Verdict | null,
  startedAt: number,
): MusterSpan<'parent'> {
  return startSpan('parent', {
    under: placeOfTick(settings),
    startedAt,
    attributes: () => ({
      'messaging.system': 'bullmq',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': TICKS_QUEUE,
      'messaging.message.id': tick,
      'muster.lane': lane,
      'muster.tick.id': tick,
      'muster.tick.status': verdict?.status,
    }),
  });
}

/** The tick was closed here, which began at `startedAt`, in milliseconds since 1970. */
export function traceCombine(
  { tick, lane, size, closingReason, verdict }: TickFacts,
  under: TracePlace | undefined,
  startedAt: number,
): MusterSpan<'combine'> {
  const span = startSpan('combine', {
    under,
    of: lane,
    startedAt,
    attributes: () => ({
      'muster.lane': lane,
      'muster.tick.id': tick,
      'muster.tick.size': size,
      'muster.tick.ending': closingReason ?? 'reports',
      'muster.tick.status': verdict?.status,
    }),
  });
  span.end();
  return span;
}
