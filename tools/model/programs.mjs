/** @typedef {import('../setup/programs.mjs').Program} Program */

/** What checks the model: spin writes a C program, which is compiled and then searches. */
export const MODEL_PROGRAMS = {
  /** @type {Program} */
  spin: {
    purpose: 'the model checker',
    names: ['spin'],
    packages: { 'apt-get': ['spin'], dnf: ['spin'], apk: ['spin'], brew: ['spin'] },
    services: [],
  },
  /** @type {Program} */
  compiler: {
    purpose: 'a C compiler for the model checker',
    names: ['gcc'],
    packages: {
      // Without recommended packages, Debian's gcc comes without the C library's headers; g++ has both.
      'apt-get': ['g++'],
      dnf: ['gcc'],
      apk: ['build-base'],
      brew: ['gcc'],
    },
    services: [],
  },
};
