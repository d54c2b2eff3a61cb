/** Metrics through OpenTelemetry's API: without an SDK in the process they go nowhere and cost nothing. */
import { metrics, type Attributes } from '@opentelemetry/api';

export interface DurationMetric {
  readonly name: string;
  readonly description: string;
}

/** In seconds: from a call on a local drone to the longest of ticks. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/** Adds to the histogram of that name, whose unit is the second. */
export function recordDuration(
  { name, description }: DurationMetric,
  milliseconds: number,
  attributes: Attributes,
): void {
  // Asked for each time: the user's SDK may come up later than we do.
  const histogram = metrics.getMeter('muster').createHistogram(name, {
    description,
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  histogram.record(milliseconds / 1_000, attributes);
}
