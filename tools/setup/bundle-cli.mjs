/**
 * Puts the command and what it needs into one file: loading it costs half of what loading its
 * several hundred modules does. `apps/cli/bin/muster.js` takes it while it is not older than them.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where they are imported from as they are: they look for files of their own beside themselves. */
const LEFT_OUT = [/^node:/, 'ssh2', 'cpu-features'];

/**
 * @param {string} root
 * @returns {Promise<void>} rejects when there is no bundler for this platform
 */
export async function bundleCli(root) {
  const dir = join(root, 'apps', 'cli', 'bundle');
  rmSync(dir, { recursive: true, force: true });
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(root, 'apps', 'cli', 'dist', 'main.js'),
    platform: 'node',
    external: LEFT_OUT,
    logLevel: 'silent',
  });
  await bundle.write({ dir, format: 'esm', minify: { compress: true, mangle: false } });
  await bundle.close();
}
