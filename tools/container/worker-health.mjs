// Is the worker of this container alive where it counts: does Redis know of it?
// Exits with 0 if `muster fleet` lists a worker of this host.
import { execFileSync } from 'node:child_process';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

const muster = fileURLToPath(new URL('../../apps/cli/bin/muster.js', import.meta.url));
const output = execFileSync(process.execPath, [muster, 'fleet', '--json'], { encoding: 'utf8' });

/** @type {{ workers: { id: string }[] }} */
const { workers } = JSON.parse(output);
if (!workers.some(({ id }) => id.startsWith(`${hostname()}:`))) {
  process.stderr.write(`no worker of ${hostname()} in ${workers.map(({ id }) => id).join(', ')}\n`);
  process.exitCode = 1;
}
