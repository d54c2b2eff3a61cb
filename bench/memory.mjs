/** What memory takes: connections that are kept, and a large tick. */
import { memoryOfConnections } from './memory-of-connections.mjs';
import { memoryOfTick } from './memory-of-tick.mjs';

/**
 * @param {{ lab: typeof import('@muster/testing'), runs: number, most: number, say: (line: string) => void }} bench
 * @returns {Promise<{ rows: import('./measure.mjs').Row[], ratios: { of: string, to: string, ratio: number, line: number }[] }>}
 */
export async function benchMemory(bench) {
  const [tick, connections] = [await memoryOfTick(bench), await memoryOfConnections(bench)];
  return {
    rows: [...tick.rows, ...connections.rows],
    ratios: [...tick.ratios, ...connections.ratios],
  };
}
