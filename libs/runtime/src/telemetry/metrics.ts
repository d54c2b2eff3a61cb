/** Metrics through OpenTelemetry's API: without an SDK in the process they go nowhere and cost nothing. */
import {
  createNoopMeter,
  metrics,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
} from '@opentelemetry/api';
import type { AttributesOf } from './attributes.js';
import { observeAll } from './observed-metrics.js';
import type { MetricOf } from './metric-catalogue.js';

/** In seconds: from an answer of a near Redis to the longest of ticks. */
const BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900,
  3600,
];

interface Instruments {
  readonly provider: MeterProvider;
  /** Undefined where nobody has registered an SDK. */
  readonly meter: Meter | undefined;
  readonly histograms: Map<string, Histogram>;
  readonly counters: Map<string, Counter>;
}

let known: Instruments | undefined;

/** Asked for each time: the user's SDK may come up later than we do. */
function instruments(): Instruments {
  const provider = metrics.getMeterProvider();
  if (known?.provider === provider) return known;
  const meter = provider.getMeter('muster');
  const isOn = meter !== createNoopMeter();
  known = {
    provider,
    meter: isOn ? meter : undefined,
    histograms: new Map(),
    counters: new Map(),
  };
  if (isOn) observeAll(meter);
  return known;
}

/** Whether somebody has registered an SDK for metrics. Also what makes a late one see what is observed. */
export function metricsAreOn(): boolean {
  return instruments().meter !== undefined;
}

/** Adds a duration to the histogram, whose unit is the second. */
export function recordDuration<M extends MetricOf<'histogram'>>(
  metric: M,
  milliseconds: number,
  attributes: AttributesOf<M['attributes']>,
): void {
  const { meter, histograms } = instruments();
  if (meter === undefined) return;
  const { name, description, unit } = metric;
  let histogram = histograms.get(name);
  if (histogram === undefined) {
    const advice = { explicitBucketBoundaries: BUCKETS };
    histogram = meter.createHistogram(name, { description, unit, advice });
    histograms.set(name, histogram);
  }
  histogram.record(milliseconds / 1_000, attributes);
}

export function count<M extends MetricOf<'counter'>>(
  metric: M,
  attributes: AttributesOf<M['attributes']>,
  by = 1,
): void {
  const { meter, counters } = instruments();
  if (meter === undefined) return;
  const { name, description, unit } = metric;
  let counter = counters.get(name);
  if (counter === undefined) {
    counter = meter.createCounter(name, { description, unit });
    counters.set(name, counter);
  }
  counter.add(by, attributes);
}
