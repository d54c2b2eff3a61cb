import { join } from 'node:path';
import { WORKSPACE_ROOT } from '../workspace-root.mjs';

/**
 * @typedef {object} CheckStep
 * @property {string} name
 * @property {string[]} command
 * @property {string} [fix] what to do when it fails
 */

/**
 * Run with this Node, without npx: that would look for an npm of its own.
 * @param {string[]} script the path of a package's script
 */
function tool(...script) {
  return [process.execPath, join(WORKSPACE_ROOT, 'node_modules', ...script)];
}

/**
 * The longest first, so that the others run beside it.
 * @type {CheckStep[]}
 */
export const CHECK_STEPS = [
  { name: 'lint', command: [...tool('eslint', 'bin', 'eslint.js'), '.'] },
  {
    name: 'unit tests',
    command: [...tool('vitest', 'vitest.mjs'), 'run', '--project', 'unit'],
  },
  {
    name: 'types of tests and tools',
    command: [...tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.tests.json'],
  },
  {
    name: 'module boundaries',
    command: [
      ...tool('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.mjs',
      'apps',
      'libs',
      'tools',
      'tests',
      'examples',
    ],
    fix: 'the rules and their reasons are in .dependency-cruiser.mjs',
  },
  {
    name: 'unused exports, files, dependencies',
    command: [...tool('knip', 'bin', 'knip.js'), '--no-config-hints'],
  },
  {
    name: 'format',
    command: [...tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.'],
    fix: 'npm run format',
  },
];
