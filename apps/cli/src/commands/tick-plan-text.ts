/** What `--dry-run` says: who would run what. */
import { foldNodeSet, oneLine, type Call } from '@muster/protocol';
import type { TickPlan } from '@muster/producer';

interface PlannedGroup {
  readonly drones: string[];
  readonly queue: string;
  readonly calls: readonly Call[];
}

function groups(plan: TickPlan): PlannedGroup[] {
  const byKey = new Map<string, PlannedGroup>();
  for (const { drone, queue, batch, calls } of plan.drones) {
    const key = `${queue} ${String(batch)}`;
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, { drones: [drone], queue, calls });
    else group.drones.push(drone);
  }
  return [...byKey.values()];
}

export function planText(plan: TickPlan): string {
  const lines = groups(plan).flatMap(({ drones, queue, calls }) => [
    `${foldNodeSet(drones)} (${String(drones.length)}, through ${queue})`,
    ...calls.map(
      ({ method, args, effect }) => `  ${method} ${oneLine(JSON.stringify(args), 120)} [${effect}]`,
    ),
  ]);
  const count = plan.drones.length;
  return `${[...lines, `dry run: ${String(count)} drone${count === 1 ? '' : 's'}, nothing was enqueued`].join('\n')}\n`;
}

export function planJson(plan: TickPlan): string {
  const drones = Object.fromEntries(
    plan.drones.map(({ drone, queue, calls }) => [drone, { queue, calls }]),
  );
  return `${JSON.stringify({ dryRun: true, drones })}\n`;
}
