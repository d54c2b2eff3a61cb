/** A user's OpenTelemetry SDK in the test's own process: keeps the spans, and serves the metrics to be scraped. */
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { freePort } from './redis-server.js';

export type { ReadableSpan };

export interface CollectedTelemetry {
  /** Those that have ended, in that order. */
  spans(): readonly ReadableSpan[];
  /** What Prometheus would be told now. */
  scrape(): Promise<string>;
  stop(): Promise<void>;
}

/** Becomes the SDK of this process until it is stopped. */
export async function collectTelemetry(): Promise<CollectedTelemetry> {
  const exporter = new InMemorySpanExporter();
  const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const port = await freePort();
  const reader = new PrometheusExporter({ host: '127.0.0.1', port, preventServerStart: true });
  const metering = new MeterProvider({ readers: [reader] });
  await reader.startServer();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(tracing);
  metrics.setGlobalMeterProvider(metering);
  return {
    spans: () => exporter.getFinishedSpans(),
    scrape: async () => (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text(),
    stop: async () => {
      context.disable();
      trace.disable();
      metrics.disable();
      await tracing.shutdown();
      await metering.shutdown();
    },
  };
}
