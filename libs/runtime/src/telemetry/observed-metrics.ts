/** Metrics that are looked up when somebody reads them: how many there are of something now. */
import type { Attributes, Meter, Observable } from '@opentelemetry/api';
import type { AttributesOf } from './attributes.js';
import type { MetricOf } from './metric-catalogue.js';

type Observed = MetricOf<'updowncounter' | 'gauge'>;

interface Observation {
  readonly value: number;
  readonly attributes: Attributes;
}

type Look = () => readonly Observation[] | Promise<readonly Observation[]>;

const looks = new Map<Observed, Set<Look>>();
/** The SDK that is there. */
let current: Meter | undefined;

/**
 * Has the metric looked up by `look` until the function that it gives is called. Several parts of a
 * process may look at the same metric: what they count is added up, of a gauge the last one counts.
 */
export function observe<M extends Observed>(
  metric: M,
  look: () =>
    | readonly { value: number; attributes: AttributesOf<M['attributes']> }[]
    | Promise<readonly { value: number; attributes: AttributesOf<M['attributes']> }[]>,
): () => void {
  const mine = looks.get(metric) ?? new Set();
  if (!looks.has(metric)) {
    looks.set(metric, mine);
    if (current !== undefined) attach(current, metric, mine);
  }
  mine.add(look);
  return () => {
    mine.delete(look);
  };
}

/** Has everything looked up for an SDK that came up. */
export function observeAll(meter: Meter): void {
  current = meter;
  for (const [metric, mine] of looks) attach(meter, metric, mine);
}

function attach(meter: Meter, metric: Observed, mine: ReadonlySet<Look>): void {
  const { name, description, unit } = metric;
  const instrument: Observable =
    metric.type === 'gauge'
      ? meter.createObservableGauge(name, { description, unit })
      : meter.createObservableUpDownCounter(name, { description, unit });
  instrument.addCallback(async (result) => {
    const sums = new Map<string, Observation>();
    for (const look of mine) {
      for (const { value, attributes } of await look()) {
        const key = JSON.stringify(attributes);
        const before = metric.type === 'gauge' ? 0 : (sums.get(key)?.value ?? 0);
        sums.set(key, { value: before + value, attributes });
      }
    }
    for (const { value, attributes } of sums.values()) result.observe(value, attributes);
  });
}
