/**
 * Puts the command and what it needs into one file, and beside it what V8 has made of it: loading
 * them costs a third of what loading several hundred modules does. `apps/cli/bin/muster.js` takes
 * them while they are not older than the modules.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';

/** What is loaded as it is: it looks for files of its own beside itself. */
const LEFT_OUT = [/^node:/, 'ssh2', 'cpu-features'];

/** The modules that import what is not in the bundle: the user's own methods, and the dashboard. */
const IMPORTS = [
  join('apps', 'drone-worker', 'dist', 'methods', 'registry.js'),
  join('apps', 'cli', 'dist', 'load-dashboard.js'),
];

/** The module that brings OpenTelemetry's SDK, and where it is for `apps/cli/bin/muster.js`. */
const TELEMETRY = join('apps', 'cli', 'dist', 'telemetry', 'start-telemetry.js');
const SDK = '../dist/telemetry/sdk.js';

/**
 * Parts of BullMQ that no queue of ours has use for: its way to another database, and repeated jobs with
 * their calendars. They were two fifths of the bundle.
 */
const NEVER_USED =
  /[\\/]node_modules[\\/](?:bullmq[\\/]dist[\\/]cjs[\\/]postgres|luxon|cron-parser)[\\/]/;

/** What `node:module` puts around a CommonJS module, and one thing more: see `giveImport`. */
const WRAPPER = [
  '(function (exports, require, module, __filename, __dirname, importModule) {',
  '\n})',
];

/** Run once, so that the code that it needs is in the cache: a tick, whole where there is a Redis. */
const WARM_UP = ['tick', '--fleet', 'examples/fleet.yaml', '--json', '--', 'true'];

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
    plugins: [
      { name: 'never-used', load: (id) => (NEVER_USED.test(id) ? '' : null) },
      { name: 'late-imports', transform: giveImport },
    ],
  });
  const { output } = await bundle.generate({
    format: 'cjs',
    codeSplitting: false,
    minify: { compress: true, mangle: false },
  });
  await bundle.close();
  mkdirSync(join(cli, 'bundle'));
  const code = WRAPPER.join(asciiOnly(loadSsh2Late(output[0].code)));
  writeFileSync(join(cli, 'bundle', 'muster.cjs'), code);
  const { MUSTER_REDIS_URL: _never, ...env } = process.env;
  await runCommand([process.execPath, join(cli, 'bin', 'muster.js'), ...WARM_UP], {
    env: { ...env, MUSTER_WRITE_CODE_CACHE: '1', MUSTER_STATE_DIR: join(cli, 'bundle', 'state') },
    signal,
  });
}

/**
 * What is left out is loaded at the start of a bundle, also where nobody needs it: ssh2 takes longer
 * than the rest of most commands.
 * @param {string} code
 */
function loadSsh2Late(code) {
  const early = /ssh2=require\("ssh2"\);ssh2=__toESM\(ssh2,1\);/;
  if (!early.test(code)) throw new Error('the bundle loads ssh2 in another way');
  return code.replace(early, 'ssh2={get default(){return require("ssh2")}};');
}

/**
 * Escapes the rest, of which all is in strings, templates and regular expressions: a text with one
 * character outside Latin-1 takes twice the memory, and twice as long to load.
 * @param {string} code
 */
function asciiOnly(code) {
  return code.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * A script of `node:vm` has no `import()` of its own without a warning: it gets `importModule`.
 * @param {string} code
 * @param {string} id
 */
function giveImport(code, id) {
  if (![...IMPORTS, TELEMETRY].some((module) => id.endsWith(module))) return null;
  if (!code.includes('await import(')) throw new Error(`${id} imports nothing`);
  return code
    .replace(`await import('./sdk.js')`, `await import('${SDK}')`)
    .replace('await import(', 'await importModule(');
}
