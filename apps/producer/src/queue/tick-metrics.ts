/** How long ticks and drones take, for OpenTelemetry (behaviour 40). Named in docs/telemetry.md. */
import { batchName, type DroneEntry, type TickRecord } from '@muster/protocol';
import { recordDuration, type DurationMetric } from '@muster/runtime';

const TICK_DURATION: DurationMetric = {
  name: 'muster.tick.duration',
  description: 'From the start of a tick to its end, as its record has it.',
};
const TICK_NET_TIME: DurationMetric = {
  name: 'muster.tick.net_time',
  description: 'From the start of execute to the end of getResults.',
};
const DRONE_DURATION: DurationMetric = {
  name: 'muster.drone.duration',
  description: 'Connecting to a drone and running its batch.',
};

/** `named`: whether drones are told apart, which makes as many time series as there are drones. */
export function exportRecord(record: TickRecord, named: boolean): void {
  const { lane, status, durationMs } = record;
  recordDuration(TICK_DURATION, durationMs ?? 0, {
    'muster.lane': lane,
    'muster.tick.status': status,
  });
  for (const [drone, entry] of Object.entries(record.drones)) {
    const milliseconds = durationOf(entry);
    if (milliseconds === null) continue;
    recordDuration(DRONE_DURATION, milliseconds, {
      'muster.lane': lane,
      'muster.drone.outcome': entry.outcome ?? 'never_started',
      ...(named && { 'muster.drone.name': drone, 'muster.batch.name': batchName(lane, drone) }),
    });
  }
}

export function exportNetTime(lane: string, milliseconds: number): void {
  recordDuration(TICK_NET_TIME, milliseconds, { 'muster.lane': lane });
}

/** Null for a drone that nobody has tried to reach, or whose worker could not say how long it took. */
function durationOf({ outcome, timings }: DroneEntry): number | null {
  const milliseconds = timings.connectMs + timings.runMs;
  return outcome === 'ok' || milliseconds > 0 ? milliseconds : null;
}
