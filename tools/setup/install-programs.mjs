import { PACKAGE_MANAGERS } from './package-managers.mjs';
import { findProgram } from './programs.mjs';
import { say, SetupError } from './report.mjs';
import { runCommand } from './run-command.mjs';

/**
 * @typedef {import('./programs.mjs').Program} Program
 * @typedef {import('./programs.mjs').ManagerName} ManagerName
 */

/**
 * Installs the programs through the system's package manager, or throws a
 * `SetupError` with the exact command for somebody who may.
 * @param {Program[]} programs
 * @param {{ signal: AbortSignal, isRoot: boolean }} options
 */
export async function installPrograms(programs, { signal, isRoot }) {
  const manager = findManager();
  if (manager === undefined) {
    throw new SetupError(
      `Missing: ${describe(programs)}. There is no ${Object.keys(PACKAGE_MANAGERS).join(', ')} ` +
        'here to install it with. Please install it by hand, so that it is on the PATH.',
    );
  }
  const prefix = await adminPrefix(PACKAGE_MANAGERS[manager].needsRoot, isRoot);
  if (prefix === undefined) {
    throw new SetupError(
      `Missing: ${describe(programs)}. This user may not install it. ${advice(programs, manager, isRoot)}`,
    );
  }
  /** @param {readonly string[]} command */
  const run = (command) => runCommand([...prefix, ...command], { signal });
  let outputs = '';
  for (const command of PACKAGE_MANAGERS[manager].prepare) {
    outputs += (await run(command)).output; // Stale lists may still do: the install decides.
  }
  for (const program of programs) {
    const { ok, output } = await installProgram(program, manager, run);
    outputs += output;
    if (signal.aborted) return;
    if (!ok) {
      throw new SetupError(
        `${outputs}\nCould not install ${describe([program])}, output above. ${advice([program], manager, isRoot)}`,
      );
    }
  }
}

/**
 * Tries the packages that bring the program, until one does.
 * @param {Program} program
 * @param {ManagerName} manager
 * @param {import('./package-managers.mjs').RunAsAdmin} run
 * @returns {Promise<import('./run-command.mjs').CommandResult>}
 */
async function installProgram(program, manager, run) {
  const { install, installQuietly } = PACKAGE_MANAGERS[manager];
  let outputs = '';
  for (const name of program.packages[manager]) {
    say(`muster: installing ${program.purpose} (${manager}: ${name})`);
    const { ok, output } = installQuietly
      ? await installQuietly(name, program, run)
      : await run(install([name]));
    outputs += output;
    if (ok && findProgram(program.names) !== undefined) return { ok, output: outputs };
  }
  return { ok: false, output: outputs };
}

/** @returns {ManagerName | undefined} */
function findManager() {
  /** @type {ManagerName[]} */
  const order = process.platform === 'darwin' ? ['brew'] : ['apt-get', 'dnf', 'apk', 'brew'];
  return order.find((name) => findProgram([name]) !== undefined);
}

/**
 * What to put before a command so that it may install; undefined if nothing helps.
 * @param {boolean} needsRoot
 * @param {boolean} isRoot
 * @returns {Promise<string[] | undefined>}
 */
async function adminPrefix(needsRoot, isRoot) {
  if (needsRoot === isRoot) return [];
  if (!needsRoot) return undefined; // brew refuses to run as root.
  return (await runCommand(['sudo', '-n', 'true'])).ok ? ['sudo', '-n'] : undefined;
}

/**
 * The command for a person to paste into a shell.
 * @param {Program[]} programs
 * @param {ManagerName} manager
 * @param {boolean} isRoot
 */
function advice(programs, manager, isRoot) {
  const { needsRoot, prepare, install } = PACKAGE_MANAGERS[manager];
  const sudo = needsRoot && !isRoot && findProgram(['sudo']) !== undefined ? 'sudo ' : '';
  const names = programs.map(({ packages }) => packages[manager][0] ?? '');
  const commands = [...prepare, install(names)].map((command) => sudo + command.join(' '));
  const asRoot = needsRoot && !isRoot && sudo === '' ? ' as root' : '';
  return `Please run${needsRoot ? asRoot : ' as an ordinary user'}:\n\n  ${commands.join(' && ')}\n`;
}

/** @param {Program[]} programs */
function describe(programs) {
  return programs.map(({ purpose, names }) => `${purpose} (${names.join(' or ')})`).join(', ');
}
