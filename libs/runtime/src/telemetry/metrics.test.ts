import { metrics } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { afterEach, expect, it } from 'vitest';
import { METRICS } from './metric-catalogue.js';
import { count, metricsAreOn, recordDuration } from './metrics.js';
import { observe } from './observed-metrics.js';

class Reader extends MetricReader {
  protected override onForceFlush = () => Promise.resolve();
  protected override onShutdown = () => Promise.resolve();

  /** The points of each metric by its name, as they are now. */
  async read(): Promise<Record<string, { attributes: object; value: unknown }[]>> {
    const { resourceMetrics } = await this.collect();
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics: some }) => some);
    return Object.fromEntries(
      all.map(({ descriptor: { name }, dataPoints }) => [
        name,
        dataPoints.map(({ attributes, value }) => ({ attributes, value })),
      ]),
    );
  }
}

/** Becomes the SDK of this process, until the test ends. */
function register(): Reader {
  const reader = new Reader();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  return reader;
}

afterEach(() => {
  metrics.disable();
});

it('goes nowhere without an SDK, and to one that comes up later', async () => {
  recordDuration(METRICS.callDuration, 5, { 'muster.method': 'ping' });
  expect(metricsAreOn()).toBe(false);
  const reader = register();
  expect(metricsAreOn()).toBe(true);
  recordDuration(METRICS.callDuration, 1_500, { 'muster.method': 'exec' });
  count(METRICS.tickDrones, { 'muster.drone.outcome': 'ok' }, 3);
  count(METRICS.tickDrones, { 'muster.drone.outcome': 'ok' });
  expect(await reader.read()).toMatchObject({
    'muster.call.duration': [{ attributes: { 'muster.method': 'exec' }, value: { sum: 1.5 } }],
    'muster.tick.drones': [{ attributes: { 'muster.drone.outcome': 'ok' }, value: 4 }],
  });
});

it('adds up what several parts of a process count, asks for it when it is read, and stops', async () => {
  let held = 1;
  const stop = observe(METRICS.activeBatches, () => [{ value: held, attributes: {} }]);
  const stopOther = observe(METRICS.activeBatches, () => [{ value: 10, attributes: {} }]);
  const stopGauge = observe(METRICS.workers, () => Promise.resolve(near(2)));
  const stopSame = observe(METRICS.workers, () => near(2));
  const reader = register();
  metricsAreOn();
  held = 5;
  expect(await reader.read()).toMatchObject({
    'muster.batch.active': [{ value: 15 }],
    'muster.workers': [{ value: 2 }],
  });
  stop();
  expect(await reader.read()).toMatchObject({ 'muster.batch.active': [{ value: 10 }] });
  for (const end of [stopOther, stopGauge, stopSame]) end();
});

const near = (value: number) => [{ value, attributes: { 'muster.worker.kind': 'near' } as const }];
