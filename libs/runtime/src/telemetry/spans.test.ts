import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { startSpan } from './spans.js';
import { readTrace, writeTrace } from './trace-context.js';

/** Becomes the SDK of this process, until the test ends. */
function register(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  return exporter;
}

afterEach(() => {
  trace.disable();
});

/** Of this test's spans, what they are of does not matter. */
const ATTRIBUTES = { attributes: () => ({ 'muster.lane': 'lab' }) };

describe('a span where nobody listens', () => {
  it('is not there: nothing is asked of its maker, and nothing travels', () => {
    const attributes = () => {
      throw new Error('asked for');
    };
    const span = startSpan('execute', { under: undefined, of: 'lab', attributes });
    span.fail('failed', 'it went wrong');
    span.end();
    expect([span.isOn, span.ids, writeTrace(span.place)]).toEqual([false, undefined, {}]);
    expect(span.run(() => 7)).toBe(7);
  });

  it('still hands on the trace of others', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const span = startSpan('execute', { under: readTrace({ traceparent }), ...ATTRIBUTES });
    expect(writeTrace(span.place)).toEqual({ traceparent });
    expect(span.ids).toEqual({
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
    });
  });
});

describe('a span', () => {
  it('is named for what it is of, stands under its parent, and ends once', () => {
    const exporter = register();
    const parent = startSpan('execute', { under: undefined, of: 'a$&b', ...ATTRIBUTES });
    const child = startSpan('combine', { under: parent.place, of: 'lab', ...ATTRIBUTES });
    child.end();
    child.end();
    child.set({ 'muster.tick.status': 'ok' });
    parent.fail('MUSTER_TICK_FAILED', '1 of 2 drones failed');
    parent.end();
    const [combine, execute, ...rest] = exporter.getFinishedSpans();
    expect(rest).toEqual([]);
    expect(combine?.parentSpanContext?.spanId).toBe(execute?.spanContext().spanId);
    expect(combine?.attributes).toEqual({ 'muster.lane': 'lab' });
    expect(execute).toMatchObject({
      name: 'execute a$&b',
      attributes: { 'error.type': 'MUSTER_TICK_FAILED' },
      status: { code: SpanStatusCode.ERROR, message: '1 of 2 drones failed' },
    });
  });
});

describe('the place in a trace', () => {
  it('is read as it was written, whatever it is', () => {
    const digits = (length: number) =>
      fc
        .stringMatching(new RegExp(`^[0-9a-f]{${String(length)}}$`))
        .filter((it) => /[^0]/.test(it));
    const tracestates = fc.constantFrom(undefined, 'vendor=1', 'a=b,c@d=e');
    fc.assert(
      fc.property(digits(32), digits(16), fc.constantFrom('00', '01'), tracestates, (...fields) => {
        const [traceId, spanId, flags, tracestate] = fields;
        const traceparent = `00-${traceId}-${spanId}-${flags}`;
        const given = { traceparent, ...(tracestate !== undefined && { tracestate }) };
        expect(writeTrace(readTrace(given))).toEqual(given);
      }),
    );
  });

  it.each([
    undefined,
    '',
    'nonsense',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  ])('%j is none', (traceparent) => {
    expect(readTrace({ traceparent })).toBeUndefined();
    expect(writeTrace(ROOT_CONTEXT)).toEqual({});
  });
});
