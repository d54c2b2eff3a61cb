/**
 * @typedef {object} SearchPlan
 * @property {string} name
 * @property {string[]} macros of the model
 * @property {string[]} compile options for the C compiler
 * @property {string[]} options of the searching program
 * @property {'nothing' | 'every step' | 'I1' | 'I2' | 'I3' | 'I4' | 'I5'} finds what must come out:
 *   nothing wrong, anywhere; the same, and that each step of the model can be taken; or which invariant breaks
 */

/** A search that needs more is not complete, and fails. Mebibytes, and steps. */
const BOUNDS = { compile: ['-DMEMLIM=1700'], options: ['-m100000', '-b'] };

/** @type {SearchPlan[]} */
const SOUND = [
  {
    name: 'the protocol, I1-I5',
    macros: [],
    compile: ['-O3', '-DSAFETY', ...BOUNDS.compile],
    options: ['-w24', ...BOUNDS.options],
    finds: 'nothing',
  },
  {
    name: 'every tick ends (one drone)',
    macros: ['LIVENESS', 'ONE_DRONE'],
    // NFAIR: fairness for up to 14 processes.
    compile: ['-O3', '-DNFAIR=4', ...BOUNDS.compile],
    options: ['-a', '-f', '-w22', ...BOUNDS.options],
    finds: 'nothing',
  },
  {
    name: 'every step can be taken (one drone)',
    macros: ['ONE_DRONE'],
    compile: ['-O1', '-DSAFETY', '-DPRINTF', ...BOUNDS.compile],
    options: ['-w22', ...BOUNDS.options],
    finds: 'every step',
  },
];

/** @type {[macro: string, finds: SearchPlan['finds']][]} */
const FAULTS = [
  ['NO_EPOCH_CHECK', 'I5'],
  ['NO_CLAIM', 'I4'],
  ['NO_CAS', 'I1'],
  ['REPORTS_NOT_COUNTED', 'I2'],
  ['ONE_COMBINER_KEEPS_THE_DEADLINE', 'I1'],
  ['NO_JOURNAL', 'I3'],
  ['NO_LEASE_CHECK_AT_START', 'I4'],
  ['CHECK_DOES_NOT_RENEW', 'I4'],
  ['NO_ORDER_AGE', 'I4'],
  ['CONFIRMED_TOO_EARLY', 'I4'],
  ['NO_LOOK_AFTER_TAKEOVER', 'I4'],
  ['REPORT_WITHOUT_TOKEN', 'I4'],
];

/**
 * The longest first, so that the others run beside it. Faults are searched for breadth first:
 * that finds the shortest way to them.
 * @type {SearchPlan[]}
 */
export const SEARCHES = [
  ...SOUND,
  ...FAULTS.map(([macro, finds]) => ({
    name: macro,
    macros: [macro, 'SHORTEST'],
    compile: ['-O1', '-DSAFETY', '-DBFS', ...BOUNDS.compile],
    options: ['-w20'],
    finds,
  })),
];
