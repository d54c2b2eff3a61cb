const TESTS = String.raw`\.test\.ts$|^(apps|libs)/[^/]+/test/|^tests/`;

/** What each package may import of the others: only what lies below it. */
const MAY_IMPORT = {
  'libs/protocol': [],
  'libs/runtime': ['libs/protocol'],
  'libs/fleet': ['libs/protocol'],
  'libs/tick-state': ['libs/runtime', 'libs/protocol'],
  'libs/jobs': ['libs/tick-state', 'libs/runtime'],
  'libs/testing': ['libs/tick-state', 'libs/runtime', 'libs/protocol'],
  'apps/drone-worker': [
    'libs/jobs',
    'libs/tick-state',
    'libs/fleet',
    'libs/runtime',
    'libs/protocol',
  ],
  'apps/producer': ['libs/jobs', 'libs/tick-state', 'libs/fleet', 'libs/runtime', 'libs/protocol'],
  'apps/dashboard-pages': ['libs/protocol'],
  'apps/dashboard': [
    'apps/dashboard-pages',
    'libs/tick-state',
    'libs/fleet',
    'libs/runtime',
    'libs/protocol',
  ],
  'apps/cli': [
    'apps/dashboard',
    'apps/producer',
    'apps/drone-worker',
    'libs/tick-state',
    'libs/fleet',
    'libs/runtime',
    'libs/protocol',
  ],
};

const IN_PROCESS = '^apps/producer/src/in-process/';

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const layers = Object.entries(MAY_IMPORT).map(([from, allowed]) => ({
  name: `layers-${from.replace('/', '-')}`,
  comment: `${from} may import of the other packages only: ${allowed.join(', ') || 'none'}. Dependencies point down.`,
  severity: 'error',
  from: { path: `^${from}/`, pathNot: from === 'apps/producer' ? [TESTS, IN_PROCESS] : TESTS },
  to: { path: '^(apps|libs)/', pathNot: [from, ...allowed].map((folder) => `^${folder}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layers,
    {
      name: 'known-package',
      comment: 'A new package needs a line in MAY_IMPORT.',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: Object.keys(MAY_IMPORT).map((folder) => `^${folder}/`),
      },
      to: {},
    },
    {
      name: 'in-process-layers',
      comment:
        'The in-process queue hosts a worker, so it alone in the producer imports drone-worker.',
      severity: 'error',
      from: { path: IN_PROCESS, pathNot: TESTS },
      to: {
        path: '^(apps|libs)/',
        pathNot: [
          '^apps/producer/',
          '^apps/drone-worker/',
          '^libs/(jobs|tick-state|fleet|runtime|protocol)/',
        ],
      },
    },
    {
      name: 'no-circular',
      comment: 'Modules that need each other cannot be understood or tested alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'An import that does not resolve escapes all other rules.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'packages-by-name',
      comment:
        'Another package is imported by its name (@muster/...), never by a path into its folder.',
      severity: 'error',
      from: { path: '^(?:apps|libs)/([^/]+)/' },
      to: { path: '^(?:apps|libs)/[^/]+/(?:src|test)/', pathNot: '^(?:apps|libs)/$1/' },
    },
    {
      name: 'protocol-is-pure',
      comment: 'protocol imports zod and itself: no I/O, no node: builtins, no other package.',
      severity: 'error',
      from: { path: '^libs/protocol/', pathNot: TESTS },
      to: { pathNot: ['^libs/protocol/', '^node_modules/zod/'] },
    },
    {
      name: 'ssh2-in-its-transport',
      comment: 'Only the SSH transport knows ssh2.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [TESTS, '^apps/drone-worker/src/transport/ssh/'] },
      to: { path: '^node_modules/(@types/)?ssh2/' },
    },
    {
      name: 'ioredis-below',
      comment:
        'Connections come from runtime, scripts from tick-state; the rest does not know ioredis.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [TESTS, '^libs/(runtime|tick-state|testing)/'] },
      to: { path: '^node_modules/ioredis/' },
    },
    {
      name: 'testing-in-tests',
      comment: 'libs/testing never reaches production.',
      severity: 'error',
      from: { path: '^(apps|libs|examples)/', pathNot: [TESTS, '^libs/testing/'] },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'tools-need-no-packages',
      comment:
        'Set-up runs before any npm package is there; only the bundler is asked for once they are.',
      severity: 'error',
      from: { path: '^tools/', pathNot: [TESTS, '^tools/setup/bundle-'] },
      to: { pathNot: '^tools/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'no-import-of-tests',
      comment: 'What several tests need lives in libs/testing.',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { path: TESTS },
    },
  ],
  options: {
    exclude: { path: '^apps/[^/]+/bundle/' },
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.tests.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
