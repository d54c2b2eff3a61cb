/** How long ticks and drones take, and what becomes of them, for OpenTelemetry (behaviour 40). Named in docs/telemetry.md. */
import { batchName, type DroneEntry, type TickRecord } from '@muster/protocol';
import { count, METRICS, metricsAreOn, recordDuration } from '@muster/runtime';

/** `named`: whether drones are told apart, which makes as many time series as there are drones. */
export function exportRecord(record: TickRecord, named: boolean): void {
  if (!metricsAreOn()) return;
  const { lane, status, durationMs, counts } = record;
  recordDuration(METRICS.tickDuration, durationMs ?? 0, {
    'muster.lane': lane,
    'muster.tick.status': status,
  });
  for (const [outcome, drones] of Object.entries(counts))
    count(METRICS.tickDrones, { 'muster.lane': lane, 'muster.drone.outcome': outcome }, drones);
  for (const [drone, entry] of Object.entries(record.drones)) {
    const milliseconds = durationOf(entry);
    if (milliseconds === null) continue;
    recordDuration(METRICS.droneDuration, milliseconds, {
      'muster.lane': lane,
      'muster.drone.outcome': entry.outcome ?? 'never_started',
      ...(named && { 'muster.drone.name': drone, 'muster.batch.name': batchName(lane, drone) }),
    });
  }
}

export function exportNetTime(lane: string, milliseconds: number): void {
  recordDuration(METRICS.tickNetTime, milliseconds, { 'muster.lane': lane });
}

/** Null for a drone that nobody has tried to reach, or whose worker could not say how long it took. */
function durationOf({ outcome, timings }: DroneEntry): number | null {
  const milliseconds = timings.connectMs + timings.runMs;
  return outcome === 'ok' || milliseconds > 0 ? milliseconds : null;
}
