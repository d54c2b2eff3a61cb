import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { installPrograms } from './install-programs.mjs';

// A program that no machine has, so that nothing real is found or installed.
const PROGRAM = {
  purpose: 'a test program',
  names: ['muster-test-program'],
  packages: {
    'apt-get': ['first-package', 'second-package'],
    dnf: ['first-package'],
    apk: ['first-package'],
    brew: ['first-package'],
  },
  services: [],
};

let folder: string;
const signal = new AbortController().signal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-programs-'));
  vi.stubEnv('PATH', folder);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** A package manager that notes its arguments and then does `action`, in sh. */
function fake(name: string, action: string): void {
  const script = `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\n${action}\n`;
  writeFileSync(join(folder, name), script, { mode: 0o755 });
}

function calls(): string {
  return readFileSync(join(folder, 'calls'), 'utf8');
}

const BRINGS_PROGRAM =
  "echo '#!/bin/sh' > ${0%/*}/muster-test-program; /bin/chmod +x ${0%/*}/muster-test-program";

it('installs with dnf', async () => {
  fake('dnf', BRINGS_PROGRAM);
  await installPrograms([PROGRAM], { signal, isRoot: true });
  expect(calls()).toBe('dnf install -y first-package\n');
});

it('tells an ordinary user without sudo the exact command', async () => {
  fake('apt-get', 'exit 1');
  const installing = installPrograms([PROGRAM], { signal, isRoot: false });
  await expect(installing).rejects.toThrow(
    'Please run as root:\n\n  apt-get update && apt-get install -y --no-install-recommends first-package\n',
  );
  expect(calls).toThrow('ENOENT');
});

it('uses sudo where it asks for no password', async () => {
  fake('dnf', BRINGS_PROGRAM);
  fake('sudo', 'shift; "$@"');
  fake('true', 'exit 0');
  await installPrograms([PROGRAM], { signal, isRoot: false });
  expect(calls()).toContain('sudo -n dnf install -y first-package\n');
});

it('prints the command with sudo where that asks for a password', async () => {
  fake('dnf', 'exit 1');
  fake('sudo', 'exit 1');
  const installing = installPrograms([PROGRAM], { signal, isRoot: false });
  await expect(installing).rejects.toThrow('  sudo dnf install -y first-package\n');
});

it('updates once, tries the alternatives, and shows the output when none works', async () => {
  fake('apt-get', 'echo "E: Unable to locate package"; exit 100');
  fake('env', 'shift 2; "$@"');
  const installing = installPrograms([PROGRAM], { signal, isRoot: true });
  await expect(installing).rejects.toThrow('E: Unable to locate package');
  expect(calls().match(/apt-get update/g)).toHaveLength(1);
  expect(calls()).toMatch(/first-package[^]*second-package/);
});

it('never runs brew as root', async () => {
  fake('brew', BRINGS_PROGRAM);
  const installing = installPrograms([PROGRAM], { signal, isRoot: true });
  await expect(installing).rejects.toThrow('as an ordinary user:\n\n  brew install first-package');
});

it('says so when there is no package manager it knows', async () => {
  await expect(installPrograms([PROGRAM], { signal, isRoot: true })).rejects.toThrow(
    'Missing: a test program (muster-test-program). There is no apt-get, dnf, apk, brew here',
  );
});
