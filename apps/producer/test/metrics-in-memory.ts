/** A user's OpenTelemetry SDK that keeps what it is given. */
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type Histogram,
} from '@opentelemetry/sdk-metrics';

/** One series of a histogram. */
interface Series {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly unit: string;
  readonly count: number;
  /** Of all that was recorded, in its unit. */
  readonly sum: number;
}

export interface InMemoryMetrics {
  /** All series of the metric of that name, as they are now. */
  series(name: string): Promise<Series[]>;
  stop(): Promise<void>;
}

/** Becomes the SDK of this process until it is stopped. */
export function collectMetrics(): InMemoryMetrics {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter })],
  });
  metrics.setGlobalMeterProvider(provider);
  return {
    series: async (name) => {
      exporter.reset();
      await provider.forceFlush();
      const all = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: some }) => some));
      return all
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ descriptor: { unit }, dataPoints }) =>
          dataPoints.map(({ attributes, value }) => {
            const { count, sum = Number.NaN } = value as Histogram;
            return { attributes, unit, count, sum };
          }),
        );
    },
    stop: async () => {
      metrics.disable();
      await provider.shutdown();
    },
  };
}
