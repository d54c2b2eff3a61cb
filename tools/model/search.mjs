import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE_ROOT } from '../workspace-root.mjs';
import { readSearch, readStory, stepsNotTaken, withoutDigits } from './read-search.mjs';
import { runProgram } from './run-program.mjs';

const MODEL = join(WORKSPACE_ROOT, 'docs', 'model', 'tick.pml');

/** A machine that is busy with other things may be slow; this is for what never ends. */
const LIMIT_MS = 600_000;

/** Steps that only a faulty protocol can take. */
const FAULTY_STEP = /yesterday|unchecked|without a look/;

/**
 * @typedef {object} Outcome
 * @property {boolean} ok whether it came out as planned
 * @property {string} verdict one line
 * @property {number} states
 * @property {number} seconds
 * @property {string[]} story the steps to what was found
 * @property {string[]} output of the programs, for somebody who must find out why they failed
 */

/**
 * Has spin write the search, compiles it, and lets it search.
 * @param {import('./searches.mjs').SearchPlan} plan
 * @param {{ folder: string, signal: AbortSignal }} options `folder` is made, and left full of files
 * @returns {Promise<Outcome>}
 */
export async function search(plan, { folder, signal }) {
  const startedAt = Date.now();
  mkdirSync(folder, { recursive: true });
  copyFileSync(MODEL, join(folder, 'tick.pml'));
  const model = readFileSync(MODEL, 'utf8');
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  /** @type {Set<string>} */
  const steps = new Set();
  /** @type {string[]} */
  const output = [];
  const keep = (/** @type {string} */ line) => void output.push(line);
  /** @type {(command: string[], onLine?: (line: string) => void) => Promise<number | null>} */
  const run = (command, onLine = keep) => runProgram(command, { folder, signal: limited, onLine });

  const macros = plan.macros.map((macro) => `-D${macro}`);
  const compile = ['gcc', '-w', ...plan.compile, '-o', 'pan', 'pan.c'];
  const noteStep = (/** @type {string} */ line) => {
    // Millions of lines, of a few kinds; what is no step is what the search says at its end.
    if (/^[a-z ]+\d?: /.test(line.trimStart())) steps.add(withoutDigits(line.trim()));
    else keep(line);
  };
  const written = await run(['spin', ...macros, '-a', 'tick.pml']);
  const compiled = written === 0 ? await run(compile) : null;
  if (compiled === 0) {
    const searching = ['./pan', ...plan.options];
    await run(searching, plan.finds === 'every step' ? noteStep : keep);
  }
  const found = readSearch(output);
  const replayed = found !== undefined && found.errors > 0;
  /** @type {string[]} */
  const replay = [];
  if (replayed) {
    await run(['spin', ...macros, '-T', '-t', 'tick.pml'], (line) => void replay.push(line));
  }
  const { steps: story, broken } = readStory(replay, model);
  return {
    ...judge(plan, found, broken, replayed ? [] : stepsNotTaken(steps, model)),
    states: found?.states ?? 0,
    seconds: (Date.now() - startedAt) / 1000,
    story,
    output: [...output, ...replay],
  };
}

/**
 * @param {import('./searches.mjs').SearchPlan} plan
 * @param {import('./read-search.mjs').Search | undefined} found
 * @param {string | undefined} broken
 * @param {string[]} notTaken
 * @returns {{ ok: boolean, verdict: string }}
 */
function judge({ finds }, found, broken, notTaken) {
  if (found === undefined) return { ok: false, verdict: 'the search did not come to its end' };
  if (found.errors > 0) {
    const verdict = `found: ${broken ?? 'an error that is no broken invariant'}`;
    return { ok: broken?.startsWith(`${finds}:`) === true, verdict };
  }
  if (!found.complete) return { ok: false, verdict: 'cut short: memory or depth did not do' };
  if (finds === 'nothing') return { ok: true, verdict: 'searched everywhere, nothing found' };
  if (finds !== 'every step') return { ok: false, verdict: 'the fault was not found' };
  const [missing] = notTaken.filter((step) => !FAULTY_STEP.test(step));
  return missing === undefined
    ? { ok: true, verdict: 'searched everywhere, nothing found, no step is dead' }
    : { ok: false, verdict: `nobody ever takes the step '${missing}'` };
}
