/** Medians with their spread, and the table that shows them. */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number[]} values one for each run
 * @property {string} unit
 */

/**
 * @param {readonly number[]} values at least one
 * @returns {number}
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 0 ? (low + high) / 2 : high;
}

/**
 * Runs each of the candidates in turn, so that what else the machine does falls on all alike.
 * @param {number} runs
 * @param {readonly {name: string, run: () => Promise<number>}[]} candidates `run` gives seconds
 * @param {(line: string) => void} say
 * @returns {Promise<Row[]>}
 */
export async function inTurn(runs, candidates, say) {
  const rows = candidates.map(({ name }) => ({
    name,
    values: /** @type {number[]} */ ([]),
    unit: 's',
  }));
  for (let run = 1; run <= runs; run += 1) {
    for (const [index, candidate] of candidates.entries()) {
      const seconds = await candidate.run();
      rows[index]?.values.push(seconds);
      say(`run ${run} of ${runs}: ${candidate.name}: ${seconds.toFixed(2)} s`);
    }
  }
  return rows;
}

/**
 * @param {() => Promise<unknown>} work
 * @returns {Promise<number>} seconds
 */
export async function timed(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/**
 * @param {readonly Row[]} rows
 * @returns {string} lines: name, median, from-to
 */
export function table(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, values, unit }) => {
      const spread = `${Math.min(...values).toFixed(2)}-${Math.max(...values).toFixed(2)}`;
      return `${name.padEnd(width)}  ${median(values).toFixed(2).padStart(7)} ${unit}  (${spread})\n`;
    })
    .join('');
}

/**
 * The ratios that have lines to reach, each to the fastest of those that took part.
 * @param {readonly Row[]} rows
 * @param {readonly { ours: string, than: string[], line: number }[]} lines
 * @returns {{ of: string, to: string, ratio: number, line: number }[]}
 */
export function ratiosOf(rows, lines) {
  const valueOf = (/** @type {string} */ name) => {
    const row = rows.find((other) => other.name === name);
    return row === undefined ? undefined : median(row.values);
  };
  return lines.flatMap(({ ours, than, line }) => {
    const present = than.filter((name) => valueOf(name) !== undefined);
    const fastest = present.sort((a, b) => (valueOf(a) ?? 0) - (valueOf(b) ?? 0))[0];
    const own = valueOf(ours);
    if (fastest === undefined || own === undefined) return [];
    return [{ of: ours, to: fastest, ratio: own / (valueOf(fastest) ?? NaN), line }];
  });
}
