import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleCli } from './bundle-cli.mjs';
import { bundlePages, pagesAreBundled } from './bundle-pages.mjs';
import { SetupError } from './report.mjs';
import { runCommand } from './run-command.mjs';

const STAMP = join('.setup', 'build');

/**
 * Was everything built from the sources as they are now? Answers by content,
 * so that a copied checkout needs no build.
 * @param {string} root
 */
export function buildIsCurrent(root) {
  const packages = listPackages(root);
  if (!packages.every((folder) => existsSync(join(root, folder, 'dist', '.tsbuildinfo')))) {
    return false;
  }
  if (!pagesAreBundled(root)) return false;
  return readStamp(root) === fingerprint(root, packages);
}

/**
 * Compiles all packages, and bundles the dashboard's pages and the command. Calls `tsc -b` and not Nx, which would take seconds
 * more to find out the same order from the same project references.
 * @param {string} root
 * @param {AbortSignal} signal
 */
export async function build(root, signal) {
  const before = fingerprint(root, listPackages(root));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { ok, output } = await runCommand([process.execPath, tsc, '-b'], { signal });
  if (signal.aborted) return;
  if (!ok) throw new SetupError(`${output}\nThe build failed (tsc -b, output above).`);
  await bundlePages(root).catch((error) => {
    throw new SetupError(`The dashboard's pages could not be bundled: ${error.message}`);
  });
  if (signal.aborted) return;
  // Only speed hangs on it, and not every platform has the bundler.
  await bundleCli(root, signal).catch(() => undefined);
  mkdirSync(dirname(join(root, STAMP)), { recursive: true });
  writeFileSync(join(root, STAMP), before);
}

/** @param {string} root */
function readStamp(root) {
  try {
    return readFileSync(join(root, STAMP), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * @param {string} root
 * @returns {string[]} folders of packages, such as `libs/protocol`
 */
function listPackages(root) {
  return ['libs', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => join(group, name))
      .filter((folder) => existsSync(join(root, folder, 'tsconfig.json'))),
  );
}

/**
 * @param {string} root
 * @param {string[]} packages
 */
function fingerprint(root, packages) {
  const hash = createHash('sha256');
  const files = [
    'package-lock.json',
    'tsconfig.base.json',
    'tsconfig.json',
    ...packages.flatMap((folder) => [
      join(folder, 'package.json'),
      join(folder, 'tsconfig.json'),
      ...listSources(root, join(folder, 'src')),
    ]),
  ];
  for (const file of files) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]} what the build reads there, in a stable order
 */
function listSources(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return listSources(root, path);
      return entry.name.endsWith('.test.ts') ? [] : [path];
    });
}
