/**
 * Puts the dashboard's pages into the files that the dashboard serves: their script, that of the worker which
 * they share, and a style sheet.
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
    ['app.js', 'stream.js', 'app.css'].every((file) =>
      existsSync(join(root, PAGES, 'bundle', file)),
    )
  );
}

/**
 * @param {string} root
 * @returns {Promise<void>} rejects when there is no bundler for this platform
 */
export async function bundlePages(root) {
  if (!existsSync(join(root, PAGES))) return;
  const folder = join(root, PAGES, 'bundle');
  const scripts = {
    'app.js': await bundled(join(root, PAGES, 'dist', 'main.js')),
    'stream.js': await bundled(join(root, PAGES, 'dist', 'stream', 'shared.js')),
  };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  cpSync(join(root, PAGES, 'src', 'app.css'), join(folder, 'app.css'));
  for (const [name, code] of Object.entries(scripts)) writeFileSync(join(folder, name), code);
}

/** @param {string} input */
async function bundled(input) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({ input, platform: 'browser', logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false, minify: true });
  await bundle.close();
  return output[0].code;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await bundlePages(WORKSPACE_ROOT);
