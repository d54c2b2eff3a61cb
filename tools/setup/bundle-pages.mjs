/**
 * Puts the dashboard's pages into two files that the dashboard serves: one script, one style sheet.
 * Run by itself it does so for the checkout that it lies in.
 */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WORKSPACE_ROOT } from '../workspace-root.mjs';

const PAGES = join('apps', 'dashboard-pages');

/**
 * Whether there is nothing to do.
 * @param {string} root
 */
export function pagesAreBundled(root) {
  return (
    !existsSync(join(root, PAGES)) ||
    ['app.js', 'app.css'].every((file) => existsSync(join(root, PAGES, 'bundle', file)))
  );
}

/**
 * @param {string} root
 * @returns {Promise<void>} rejects when there is no bundler for this platform
 */
export async function bundlePages(root) {
  if (!existsSync(join(root, PAGES))) return;
  const folder = join(root, PAGES, 'bundle');
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: join(root, PAGES, 'dist', 'main.js'),
    platform: 'browser',
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false, minify: true });
  await bundle.close();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  cpSync(join(root, PAGES, 'src', 'app.css'), join(folder, 'app.css'));
  writeFileSync(join(folder, 'app.js'), output[0].code);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await bundlePages(WORKSPACE_ROOT);
