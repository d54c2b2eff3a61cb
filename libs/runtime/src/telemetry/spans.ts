/** Spans through OpenTelemetry's API: without an SDK in the process there are none, and they cost nothing. */
import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { AttributesOf } from './attributes.js';
import { SPANS, type SpanName } from './span-catalogue.js';

type Of<Name extends SpanName> = AttributesOf<(typeof SPANS)[Name]['attributes']>;

/** What a line of the log says of its trace. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

export interface StartOptions<Name extends SpanName> {
  /** Under what it stands; undefined begins a trace. */
  readonly under: Context | undefined;
  /** What stands in the braces of its name, where it has some. */
  readonly of?: string;
  /** Asked for only where there is a span. */
  readonly attributes: () => Of<Name>;
  /** Milliseconds since 1970, where it began before now. */
  readonly startedAt?: number;
}

/** One span, or where there is no SDK nothing but the place in the trace of others. */
export class MusterSpan<Name extends SpanName = SpanName> {
  #ended = false;

  constructor(
    private readonly span: Span | undefined,
    /** Under what its children stand. */
    readonly place: Context | undefined,
  ) {}

  /** Whether anybody will see it. */
  get isOn(): boolean {
    return this.span?.isRecording() ?? false;
  }

  /** Undefined where there is no trace. */
  get ids(): TraceIds | undefined {
    const at = this.place && trace.getSpanContext(this.place);
    if (at === undefined || !isSpanContextValid(at)) return undefined;
    return { trace_id: at.traceId, span_id: at.spanId };
  }

  set(attributes: Of<Name>): void {
    if (!this.#ended) this.span?.setAttributes(attributes);
  }

  /** What it is of went wrong: `type` is one of a few words, `message` one line for people. */
  fail(type: string, message = ''): void {
    if (this.#ended || this.span === undefined) return;
    this.span.setAttribute('error.type', type);
    this.span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  /** May be called again. */
  end(): void {
    if (!this.#ended) this.span?.end();
    this.#ended = true;
  }

  /** Has what `work` calls stand under it, where the user's SDK keeps track of that. */
  run<T>(work: () => T): T {
    return this.span === undefined ? work() : context.with(this.place ?? ROOT_CONTEXT, work);
  }
}

/** What stands in the place of a span where nobody listens and there is no trace. */
const NO_SPAN = new MusterSpan(undefined, undefined);

/** To be ended, whatever happens. */
export function startSpan<Name extends SpanName>(
  name: Name,
  { under, of = '', attributes, startedAt }: StartOptions<Name>,
): MusterSpan<Name> {
  const tracer = currentTracer();
  if (tracer === undefined) return under === undefined ? NO_SPAN : new MusterSpan(undefined, under);
  const { name: template, kind } = SPANS[name];
  const parent = under ?? ROOT_CONTEXT;
  const span = tracer.startSpan(
    template.replace(/\{.*\}/, () => of).trim(),
    {
      kind,
      attributes: attributes(),
      ...(startedAt !== undefined && { startTime: startedAt }),
    },
    parent,
  );
  return new MusterSpan<Name>(span, trace.setSpan(parent, span));
}

/** Where the caller of ours stands in a trace of his own; undefined where he has none. */
export function callersPlace(): Context | undefined {
  const active = context.active();
  return trace.getSpanContext(active) === undefined ? undefined : active;
}

/** Asked for each time: the user's SDK may come up later than we do. */
function currentTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  return isStandIn(provider) ? provider.getDelegateTracer('muster') : provider.getTracer('muster');
}

/** The API's own provider stands for an SDK that may not be there yet. */
interface StandIn {
  getDelegateTracer(name: string): Tracer | undefined;
}

function isStandIn(provider: TracerProvider): provider is TracerProvider & StandIn {
  return 'getDelegateTracer' in provider;
}
