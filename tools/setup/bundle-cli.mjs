/**
 * Puts the command and what it needs into one file, and beside it what V8 has made of it: loading
 * them costs a third of what loading several hundred modules does. `apps/cli/bin/muster.js` takes
 * them while they are not older than the modules.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';

/** What is loaded as it is: it looks for files of its own beside itself. */
const LEFT_OUT = [/^node:/, 'ssh2', 'cpu-features'];

/** The module that imports the user's own ones. */
const IMPORTS = join('apps', 'drone-worker', 'dist', 'methods', 'registry.js');

/** Everything that a tick needs before it asks Redis is run once, so that its code is in the cache. */
const WARM_UP = ['tick', '--fleet', 'examples/fleet.yaml', '--dry-run', '--json', '--', 'true'];

/**
 * @param {string} root
 * @param {AbortSignal} signal
 * @returns {Promise<void>} rejects when there is no bundler for this platform
 */
export async function bundleCli(root, signal) {
  const cli = join(root, 'apps', 'cli');
  rmSync(join(cli, 'bundle'), { recursive: true, force: true });
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(cli, 'dist', 'main.js'),
    platform: 'node',
    external: LEFT_OUT,
    logLevel: 'silent',
    plugins: [{ name: 'import-of-methods', transform: giveImport }],
  });
  await bundle.write({
    file: join(cli, 'bundle', 'muster.cjs'),
    format: 'cjs',
    codeSplitting: false,
    minify: { compress: true, mangle: false },
  });
  await bundle.close();
  await runCommand([process.execPath, join(cli, 'bin', 'muster.js'), ...WARM_UP], {
    env: { ...process.env, MUSTER_WRITE_CODE_CACHE: '1' },
    signal,
  });
}

/**
 * A script of `node:vm` has no `import()` of its own without a warning: it gets `importModule`.
 * @param {string} code
 * @param {string} id
 */
function giveImport(code, id) {
  if (!id.endsWith(IMPORTS)) return null;
  if (!code.includes('await import(')) throw new Error(`${id} imports nothing`);
  return code.replace('await import(', 'await importModule(');
}
