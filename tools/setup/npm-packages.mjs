import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './report.mjs';
import { runCommand } from './run-command.mjs';

/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional] may be left out: made for another platform
 */

/**
 * Is node_modules what package-lock.json says? npm leaves a lock file of its
 * own in node_modules when an install is complete; the two are compared.
 * @param {string} root
 */
export function npmPackagesAreCurrent(root) {
  const wanted = readLock(join(root, 'package-lock.json'));
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || installed === undefined) return false;
  // Without it `npx muster` would look for a package of that name in the registry.
  if (!existsSync(join(root, 'node_modules', '.bin', 'muster'))) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined) {
      if (entry.optional) continue;
      return false;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return false;
  }
  return Object.keys(installed).every((path) => path in wanted);
}

/**
 * Installs exactly what package-lock.json says.
 * @param {AbortSignal} signal
 */
export async function installNpmPackages(signal) {
  // Development packages are needed whatever NODE_ENV says: the compiler is one.
  const args = [
    'ci',
    '--no-audit',
    '--no-fund',
    '--include=dev',
    '--ignore-scripts',
    '--loglevel=error',
  ];
  const { ok, output } = await runCommand([...npmCommand(), ...args], { signal });
  if (ok || signal.aborted) return;
  throw new SetupError(
    `${output}\nThe npm packages could not be installed (npm ci, output above). ` +
      'If the registry is out of reach, connect and run this again; if package-lock.json ' +
      'does not match package.json, run: npm install',
  );
}

/** The npm that started us, if one did; else the one on the PATH. */
function npmCommand() {
  const startedBy = process.env['npm_execpath'];
  return startedBy?.endsWith('npm-cli.js') ? [process.execPath, startedBy] : ['npm'];
}

/**
 * @param {string} path
 * @returns {Record<string, LockEntry> | undefined}
 */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
