import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {'apt-get' | 'dnf' | 'apk' | 'brew'} ManagerName
 *
 * @typedef {object} Program
 * @property {string} purpose
 * @property {string[]} names any one of these will do
 * @property {Record<ManagerName, string[]>} packages the first that installs is taken
 * @property {string[]} services what its Debian packages would start and enable
 */

/** The programs that npm cannot bring. */
export const PROGRAMS = {
  /** @type {Program} */
  redis: {
    purpose: 'a Redis server',
    names: ['redis-server', 'valkey-server'],
    packages: {
      'apt-get': ['redis-server', 'valkey-server'],
      dnf: ['redis', 'valkey'],
      apk: ['redis', 'valkey'],
      brew: ['redis', 'valkey'],
    },
    services: ['redis-server', 'valkey-server'],
  },
  /** @type {Program} */
  sshd: {
    purpose: 'an SSH server for the tests',
    names: ['sshd'],
    packages: {
      'apt-get': ['openssh-server'],
      dnf: ['openssh-server'],
      apk: ['openssh'],
      brew: ['openssh'],
    },
    services: ['ssh'],
  },
  /** @type {Program} */
  dropbear: {
    purpose: 'another SSH server for the tests',
    names: ['dropbear'],
    packages: {
      'apt-get': ['dropbear-bin'],
      dnf: ['dropbear'],
      apk: ['dropbear'],
      brew: ['dropbear'],
    },
    services: [],
  },
  /** @type {Program} */
  csh: {
    purpose: 'a csh, which many have for a login shell, for the tests',
    names: ['tcsh'],
    packages: { 'apt-get': ['tcsh'], dnf: ['tcsh'], apk: ['tcsh'], brew: ['tcsh-shell', 'tcsh'] },
    services: [],
  },
  /** @type {Program} */
  busybox: {
    purpose: 'the sh of small machines, for the tests',
    names: ['busybox'],
    packages: {
      'apt-get': ['busybox-static', 'busybox'],
      dnf: ['busybox'],
      apk: ['busybox'],
      brew: ['busybox'],
    },
    services: [],
  },
  /** @type {Program} */
  chromium: {
    purpose: 'a browser for the tests of the dashboard',
    names: ['chromium', 'chromium-browser', 'google-chrome'],
    packages: {
      'apt-get': ['chromium', 'chromium-browser'],
      dnf: ['chromium'],
      apk: ['chromium'],
      brew: ['chromium'],
    },
    services: [],
  },
};

/** Where package managers put servers that are not on every user's PATH. */
const MORE_FOLDERS = [
  '/usr/sbin',
  '/sbin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
  '/home/linuxbrew/.linuxbrew/bin',
];

/**
 * @param {string[]} names
 * @returns {string | undefined} the folder that has one of them
 */
export function findProgram(names) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...MORE_FOLDERS].find((folder) =>
    names.some((name) => isExecutable(join(folder, name))),
  );
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Lets the processes we start find what `findProgram` found.
 * @param {string} folder
 */
export function addToPath(folder) {
  const path = process.env['PATH'] ?? '';
  if (!path.split(delimiter).includes(folder)) {
    process.env['PATH'] = path === '' ? folder : `${path}${delimiter}${folder}`;
  }
}
