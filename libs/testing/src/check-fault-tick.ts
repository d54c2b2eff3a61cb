/** What must hold after a tick in the fault lab, whatever was killed or frozen. */
import type { TickRecord } from '@muster/protocol';
import { closeRedis, openRedis } from '@muster/runtime';
import { FAULT_LAB_DRONES, type FaultLab } from './fault-lab.js';
import { processesWith } from './process-list.js';
import { until } from './until.js';

/** What the drone's own counters may say of a `once` call, by the drone's outcome. */
const STARTS_BY_OUTCOME: Readonly<Record<string, readonly number[]>> = { ok: [1] };

/** Each broken promise as one line; none when all hold. */
export async function checkFaultTick(lab: FaultLab, record: TickRecord): Promise<string[]> {
  const broken: string[] = [];
  const { tick } = record;
  const names = Object.keys(record.drones).sort();
  if (names.join() !== [...FAULT_LAB_DRONES].sort().join())
    broken.push(`${tick}: the roster is ${names.join()}`);
  if (record.status === 'running') broken.push(`${tick}: it is not terminal`);
  const starts = await lab.starts(tick);
  for (const [drone, entry] of Object.entries(record.drones)) {
    const started = starts.get(drone) ?? 0;
    const allowed = STARTS_BY_OUTCOME[entry.outcome ?? 'none'] ?? [0, 1];
    if (entry.outcome === null) broken.push(`${tick}: ${drone} has no outcome`);
    if (!allowed.includes(started)) {
      broken.push(
        `${tick}: the once call of ${drone} (${String(entry.outcome)}) started ${String(started)} times`,
      );
    }
  }
  return [...broken, ...(await leftovers(lab, tick))];
}

/** What may not be left of a tick: running calls, and jobs that wait for what will not come. */
async function leftovers(lab: FaultLab, tick: string): Promise<string[]> {
  const left: string[] = [];
  const running = async () => processesWith(`MUSTER_TICK=${tick}\0`);
  await until(`no call of ${tick} runs`, async () => (await running()).length === 0).catch(
    async () => {
      left.push(
        `${tick}: still running: ${(await running()).map(({ command }) => command).join(', ')}`,
      );
    },
  );
  const redis = await openRedis(lab.redisUrl);
  try {
    const waiting = '{muster}:ticks:waiting-children';
    await until('no parent waits', async () => (await redis.zscore(waiting, tick)) === null).catch(
      () => {
        left.push(`${tick}: its parent still waits for children`);
      },
    );
  } finally {
    await closeRedis(redis);
  }
  return left;
}
