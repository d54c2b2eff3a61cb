import { SetupError } from './report.mjs';

const FLOOR = { major: 20, minor: 19 };

/**
 * Refuses a Node that is too old to run Muster.
 * @param {string} version as in `process.versions.node`
 */
export function checkNodeVersion(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > FLOOR.major || (major === FLOOR.major && minor >= FLOOR.minor)) return;
  throw new SetupError(
    `Muster needs Node ${FLOOR.major}.${FLOOR.minor} or newer; this is Node ${version}. ` +
      'Install a current one from nodejs.org or with your version manager, then run this again.',
  );
}
