import { METRICS, observe } from '@muster/runtime';
import { livingWorkers, type TickStore } from '@muster/tick-state';

/** Asks who lives whenever somebody reads the metrics, and only then; gives how to stop that. */
export function observeWorkers(store: TickStore): () => void {
  const about = (kind: string, site?: string) => ({
    'muster.worker.kind': kind,
    ...(site !== undefined && { 'muster.site': site }),
  });
  return observe(METRICS.workers, async () => {
    const living = await livingWorkers(store);
    const near = new Map<string, number>();
    for (const site of living.flatMap(({ sites }) => sites))
      near.set(site, (near.get(site) ?? 0) + 1);
    return [
      ...[...near].map(([site, value]) => ({ value, attributes: about('near', site) })),
      {
        value: living.filter(({ drones }) => drones.length > 0).length,
        attributes: about('on_drone'),
      },
    ];
  });
}
