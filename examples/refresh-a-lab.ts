/**
 * The library in one page: queue calls on drones, execute them as one tick, look at what came.
 *
 *   muster up --fleet examples/fleet.yaml      # or a Redis, a combiner and workers of your own
 *   MUSTER_REDIS_URL=redis://… node refresh-a-lab.js
 */
import { DroneTaskQueue, loadFleet, TickFailedError } from '@muster/producer';

export async function refreshLab(
  redis: string,
  fleetFile: string,
): Promise<Map<string, unknown[]>> {
  const fleet = await loadFleet(fleetFile);
  const queue = await DroneTaskQueue.open({ name: 'refresh', fleet, redis, deadlineMs: 30_000 });
  try {
    const drones = fleet.select('lab[01-12]');
    for (const drone of drones) drone.queueCall('exec', { argv: ['hostname'] });

    const results = await queue.execute(drones); // Map<Drone, unknown[]>, each aligned with its calls
    return new Map([...results].map(([drone, calls]) => [drone.hostname, calls]));
  } catch (error) {
    // One error for the whole tick: it names every bad drone, and has the good ones' results.
    if (error instanceof TickFailedError) console.error(error.message, error.results.size);
    throw error;
  } finally {
    await queue.close();
  }
}
