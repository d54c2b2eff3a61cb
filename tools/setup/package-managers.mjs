import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @typedef {import('./programs.mjs').ManagerName} ManagerName
 * @typedef {import('./programs.mjs').Program} Program
 * @typedef {(command: readonly string[]) => Promise<import('./run-command.mjs').CommandResult>} RunAsAdmin
 *
 * @typedef {object} PackageManager
 * @property {boolean} needsRoot
 * @property {string[][]} prepare what to run once, before the first install
 * @property {(packageNames: string[]) => string[]} install
 * @property {(packageName: string, program: Program, run: RunAsAdmin) => ReturnType<RunAsAdmin>} [installQuietly]
 *   instead of `install`, where that would start a service
 */

/** @type {Record<ManagerName, PackageManager>} */
export const PACKAGE_MANAGERS = {
  'apt-get': {
    needsRoot: true,
    prepare: [['apt-get', 'update']],
    install: aptInstall,
    installQuietly: installWithoutService,
  },
  dnf: { needsRoot: true, prepare: [], install: (names) => ['dnf', 'install', '-y', ...names] },
  apk: { needsRoot: true, prepare: [], install: (names) => ['apk', 'add', '--no-cache', ...names] },
  brew: { needsRoot: false, prepare: [], install: (names) => ['brew', 'install', ...names] },
};

/** @param {string[]} names */
function aptInstall(names) {
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...names];
}

/**
 * Debian's server packages start their server, now and at every boot. Muster
 * needs the program only. So while dpkg works, the two commands with which a
 * package starts a service are ones that do nothing (nothing of the system is
 * changed, even if we are killed meanwhile); afterwards the service is
 * disabled for the boots to come.
 * @type {NonNullable<PackageManager['installQuietly']>}
 */
async function installWithoutService(name, program, run) {
  const folder = mkdtempSync(join(tmpdir(), 'muster-setup-'));
  try {
    for (const starter of ['invoke-rc.d', 'deb-systemd-invoke']) {
      writeFileSync(join(folder, starter), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    }
    const [aptGet = '', ...args] = aptInstall([name]);
    const result = await run([
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'NEEDRESTART_SUSPEND=1',
      aptGet,
      '-o',
      `DPkg::Path=${folder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      '-o',
      'DPkg::Lock::Timeout=300',
      ...args,
    ]);
    if (result.ok) await disableServices(program.services, run);
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string[]} services
 * @param {RunAsAdmin} run
 */
async function disableServices(services, run) {
  for (const service of services) {
    if (existsSync(`/etc/init.d/${service}`)) await run(['update-rc.d', service, 'disable']);
    if (existsSync('/run/systemd/system')) {
      // Ubuntu starts sshd by a socket. What a package does not have, fails: fine.
      await run(['systemctl', 'disable', `${service}.socket`]);
    }
  }
}
