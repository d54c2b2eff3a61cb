import { METRICS, observe } from '@muster/runtime';
import type { HeldBatches } from './batch/held-batches.js';
import type { Transports } from './transport/transports.js';

/** Counts what the worker has in hand, whenever somebody reads the metrics; gives how to stop that. */
export function observeWorker(held: HeldBatches, transports: Transports): () => void {
  const stops = [
    observe(METRICS.activeBatches, () => [{ value: held.count, attributes: {} }]),
    observe(METRICS.sshConnections, () => {
      const { connections, idle, connecting } = transports.stats();
      const states = { in_use: connections - idle, idle, connecting };
      return Object.entries(states).map(([state, value]) => ({
        value,
        attributes: { 'muster.ssh.state': state },
      }));
    }),
    observe(METRICS.sshChannels, () => [{ value: transports.channels(), attributes: {} }]),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
