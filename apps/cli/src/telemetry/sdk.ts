/**
 * OpenTelemetry's SDK, registered as one asks for it. Loaded late, and left out of the command's
 * bundle: it takes longer to load than all of Muster.
 */
import { hostname } from 'node:os';
import { context, diag, DiagLogLevel, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type IMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '@muster/runtime';
import type { TelemetryChoice } from './choose-telemetry.js';

/** A collector that is away is away for every batch of spans: it is said once in so many milliseconds. */
const SAID_AGAIN_MS = 60_000;

interface Service {
  readonly name: string;
  readonly version: string;
}

export async function registerSdk(
  { traces, metricsEveryMs, prometheus }: TelemetryChoice,
  service: Service,
  log: Logger,
): Promise<{ stop(): Promise<unknown> }> {
  const warn = warnings(log);
  diag.setLogger(warn, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const resource = describe(service, log);
  const parts: { shutdown(): Promise<void> }[] = [];
  if (traces) {
    const spanProcessors = [new BatchSpanProcessor(new OTLPTraceExporter())];
    const tracing = new BasicTracerProvider({ resource, spanProcessors });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(tracing);
    parts.push(tracing);
  }
  const readers: IMetricReader[] = [];
  if (metricsEveryMs !== null) {
    readers.push(
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        exportIntervalMillis: metricsEveryMs,
        exportTimeoutMillis: Math.min(metricsEveryMs, 30_000),
      }),
    );
  }
  if (prometheus !== null) {
    const endpoint = await servePrometheus(prometheus, log);
    if (endpoint !== null) readers.push(endpoint);
  }
  if (readers.length > 0) {
    const metering = new MeterProvider({ resource, readers });
    metrics.setGlobalMeterProvider(metering);
    parts.push(metering);
  }
  // What the last of it comes to, its part tells whoever stops it, and nobody else.
  const stopPart = (part: (typeof parts)[number]) =>
    part.shutdown().catch((error: unknown) => {
      warn.error('the last of the telemetry is lost', error);
    });
  return { stop: () => Promise.all(parts.map(stopPart)) };
}

/** Null where the address is not to be had. */
async function servePrometheus(
  { host, port }: { readonly host: string; readonly port: number },
  log: Logger,
): Promise<PrometheusExporter | null> {
  const exporter = new PrometheusExporter({ host, port, preventServerStart: true });
  try {
    await exporter.startServer();
    log.info({ url: `http://${host}:${String(port)}/metrics` }, 'metrics are served');
    return exporter;
  } catch (error) {
    const variable = 'OTEL_EXPORTER_PROMETHEUS_PORT';
    log.warn({ variable, err: error }, `no metrics for Prometheus at ${host}:${String(port)}`);
    return null;
  }
}

/** Who sends this: never what a command was given, which can hold secrets. */
function describe({ name, version }: Service, log: Logger): Resource {
  const given = envDetector.detect().attributes ?? {};
  const variable = 'OTEL_RESOURCE_ATTRIBUTES';
  // One mistake in it, and nothing of it counts.
  const isEmpty = Object.keys(given).every((key) => key === 'service.name');
  const others = (process.env[variable] ?? '').replace(/service\.name=[^,]*,?/, '').trim();
  if (isEmpty && others !== '')
    log.warn({ variable }, 'not understood, and left out: expected key=value,key=value');
  return defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': name,
        'service.version': version,
        'service.instance.id': `${hostname()}:${String(process.pid)}`,
        'host.name': hostname(),
        'process.pid': process.pid,
      }),
    )
    .merge(resourceFromAttributes(given));
}

/** What the SDK has to say, as warnings: nothing of it keeps Muster from its work. */
function warnings(log: Logger) {
  const saidAt = new Map<string, number>();
  const say = (...said: readonly unknown[]) => {
    const why = said.map(reasonIn).join(': ');
    const now = performance.now();
    if (now - (saidAt.get(why) ?? -Infinity) < SAID_AGAIN_MS) return;
    saidAt.set(why, now);
    log.warn({ why }, 'trouble with telemetry');
  };
  const ignore = () => undefined;
  return { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore };
}

/** The SDK says who speaks, then a text, an error, or an error as JSON with its stack and all. */
function reasonIn(said: unknown): string {
  if (said instanceof Error) return said.message;
  const text = String(said);
  try {
    const { name, message, code } = JSON.parse(text) as Record<string, string | undefined>;
    return message ?? code ?? name ?? text;
  } catch {
    return text;
  }
}
