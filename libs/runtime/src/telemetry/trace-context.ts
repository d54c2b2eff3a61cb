/**
 * A tick's place in its trace, as it travels with the tick: W3C Trace Context, level 1. Written and
 * read here and not by the SDK's propagators, so that one trace it is whichever the user has
 * registered, or none. Baggage is left behind: it may hold anything.
 */
import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  type Context,
} from '@opentelemetry/api';

export interface TraceFields {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** Nothing where there is no trace. */
export function writeTrace(place: Context | undefined): TraceFields {
  const at = place && trace.getSpanContext(place);
  if (at === undefined || !isSpanContextValid(at)) return {};
  const flags = at.traceFlags.toString(16).padStart(2, '0');
  const tracestate = at.traceState?.serialize() ?? '';
  return {
    traceparent: `00-${at.traceId}-${at.spanId}-${flags}`,
    ...(tracestate !== '' && { tracestate }),
  };
}

/** Undefined for nothing, and for what is no trace's place. */
export function readTrace({ traceparent = '', tracestate }: TraceFields): Context | undefined {
  const match = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/.exec(
    traceparent,
  );
  const [, traceId = '', spanId = '', flags = ''] = match ?? [];
  const at = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(at) ? trace.setSpanContext(ROOT_CONTEXT, at) : undefined;
}
