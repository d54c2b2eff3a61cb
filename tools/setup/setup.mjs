import { constants } from 'node:os';
import { join } from 'node:path';
import { WORKSPACE_ROOT } from '../workspace-root.mjs';
import { build, buildIsCurrent } from './build.mjs';
import { installPrograms } from './install-programs.mjs';
import { withLock } from './lock.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { installNpmPackages, npmPackagesAreCurrent } from './npm-packages.mjs';
import { addToPath, findProgram } from './programs.mjs';
import { say, SetupError } from './report.mjs';

/**
 * @typedef {object} Step
 * @property {string} title what it does, for the person who waits
 * @property {() => boolean} isDone cheap: runs every time
 * @property {(signal: AbortSignal) => Promise<void>} run
 */

/**
 * Brings the checkout to where Muster runs: system programs, npm packages,
 * build. Does nothing, writes nothing and says nothing where nothing is missing.
 * Ends the process, with the reason on stderr, if something cannot be done.
 * @param {{ programs: import('./programs.mjs').Program[] }} needs
 */
export async function setUp({ programs }) {
  try {
    checkNodeVersion(process.versions.node);
    await runMissingSteps(stepsFor(programs));
    for (const { names } of programs) {
      const folder = findProgram(names);
      if (folder !== undefined) addToPath(folder);
    }
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(error.exitCode);
  }
}

/**
 * Programs first: whether this user may install them shows at once.
 * @param {import('./programs.mjs').Program[]} programs
 * @returns {Step[]}
 */
function stepsFor(programs) {
  const missing = () => programs.filter(({ names }) => findProgram(names) === undefined);
  return [
    {
      title: 'installing system programs',
      isDone: () => missing().length === 0,
      run: (signal) => installPrograms(missing(), { signal, isRoot: process.getuid?.() === 0 }),
    },
    {
      title: 'installing npm packages',
      isDone: () => npmPackagesAreCurrent(WORKSPACE_ROOT),
      run: installNpmPackages,
    },
    {
      title: 'building',
      isDone: () => buildIsCurrent(WORKSPACE_ROOT),
      run: (signal) => build(WORKSPACE_ROOT, signal),
    },
  ];
}

/** @param {Step[]} steps */
async function runMissingSteps(steps) {
  if (steps.every(({ isDone }) => isDone())) return;
  await untilInterrupted(async (signal) => {
    await withLock(join(WORKSPACE_ROOT, '.setup', 'lock'), { signal }, async () => {
      // Asked again: another set-up may have done it while we waited.
      for (const { title, isDone, run } of steps) {
        if (signal.aborted || isDone()) continue;
        const startedAt = Date.now();
        say(`muster: ${title}…`);
        await run(signal);
        if (!signal.aborted) {
          say(`muster: ${title}: done (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
        }
      }
    });
  });
}

/**
 * Ends what `work` has started, and gives its lock back, when we are interrupted.
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
async function untilInterrupted(work) {
  const controller = new AbortController();
  /** @param {NodeJS.Signals} name */
  const interrupt = (name) => {
    controller.abort(new SetupError(`muster: set-up interrupted (${name})`, exitCodeOf(name)));
  };
  /** @type {NodeJS.Signals[]} */
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, interrupt);
  try {
    await work(controller.signal);
    controller.signal.throwIfAborted();
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : withAdvice(error);
  } finally {
    for (const name of names) process.off(name, interrupt);
  }
}

/** @param {NodeJS.Signals} name */
function exitCodeOf(name) {
  return 128 + constants.signals[name];
}

/**
 * @param {unknown} error
 * @returns {unknown}
 */
function withAdvice(error) {
  const { code, path } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') return error;
  return new SetupError(
    `muster: set-up has work to do but may not write ${path ?? 'here'}; run it as the owner of this checkout`,
  );
}
