/** What must hold after a tick in the fault lab, whatever was killed or frozen. */
import { GATES_QUEUE, TICKS_QUEUE, type TickRecord } from '@muster/protocol';
import { processesWith } from '../process-list.js';
import { until } from '../until.js';
import { FAULT_LAB_DRONES, type FaultLab } from './fault-lab.js';

/** What the drone's own counters may say of a `once` call, by the drone's outcome. */
const STARTS_BY_OUTCOME: Readonly<Record<string, readonly number[]>> = {
  ok: [1],
  never_started: [0],
};

/** Each broken promise as one line; none when all hold. */
export async function checkFaultTick(lab: FaultLab, record: TickRecord): Promise<string[]> {
  const broken = [...checkRecord(record), ...(await checkStarts(lab, record))];
  broken.push(...(await leftovers(lab, record.tick)));
  return broken.map((line) => `${record.tick}: ${line}`);
}

/** The roster is complete, and everything in the record says the same. */
function checkRecord({ status, drones, counts, failure }: TickRecord): string[] {
  const broken: string[] = [];
  const names = Object.keys(drones).sort();
  if (names.join() !== [...FAULT_LAB_DRONES].sort().join())
    broken.push(`the roster is ${names.join()}`);
  if (status === 'running') broken.push('it is not terminal');
  const counted: Record<string, number> = {};
  for (const [drone, { outcome, calls, results, error }] of Object.entries(drones)) {
    if (outcome === null) broken.push(`${drone} has no outcome`);
    counted[String(outcome)] = (counted[String(outcome)] ?? 0) + 1;
    const done = calls.filter(({ status: fate }) => fate === 'ok').length;
    if (outcome === 'ok' && (done !== calls.length || results.length !== done))
      broken.push(`${drone} is ok with ${String(done)} of ${String(calls.length)} calls done`);
    if (outcome !== 'ok' && error === null) broken.push(`${drone} is bad without a reason`);
  }
  const sorted = (table: object) => JSON.stringify(Object.entries(table).sort());
  if (sorted(counted) !== sorted(counts))
    broken.push(`it counts ${sorted(counts)} where there are ${sorted(counted)}`);
  const bad = names.filter((drone) => drones[drone]?.outcome !== 'ok').join();
  const named = Object.keys(failure?.drones ?? {})
    .sort()
    .join();
  if (bad !== named) broken.push(`it names ${named} where ${bad} are bad`);
  return broken;
}

async function checkStarts(lab: FaultLab, { tick, drones }: TickRecord): Promise<string[]> {
  const starts = await lab.starts(tick);
  return Object.entries(drones).flatMap(([drone, { outcome }]) => {
    const started = starts.get(drone) ?? 0;
    const allowed = STARTS_BY_OUTCOME[outcome ?? 'none'] ?? [0, 1];
    if (allowed.includes(started)) return [];
    return [`the once call of ${drone} (${String(outcome)}) started ${String(started)} times`];
  });
}

/** What may not be left of a tick: running calls, and jobs that wait for what will not come. */
async function leftovers(lab: FaultLab, tick: string): Promise<string[]> {
  const left: string[] = [];
  const running = async () => processesWith(`MUSTER_TICK=${tick}\0`);
  await until(`no call of ${tick} runs`, async () => (await running()).length === 0).catch(
    async () => {
      const commands = (await running()).map(({ command }) => command);
      left.push(`still running: ${commands.join(', ')}`);
    },
  );
  await lab.inRedis(async ({ redis, prefix }) => {
    const waiting = `${prefix}:${TICKS_QUEUE}:waiting-children`;
    await until('no parent waits', async () => (await redis.zscore(waiting, tick)) === null).catch(
      () => {
        left.push('its parent still waits for children');
      },
    );
    if ((await redis.exists(`${prefix}:${GATES_QUEUE}:${tick}`)) === 1)
      left.push('its gate is still there');
  });
  return left;
}
