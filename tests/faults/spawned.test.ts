/** What a call has started to stay, stays: also when the worker that ran the call is killed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TickRecord } from '@muster/protocol';
import {
  FaultLab,
  killProcessesWith,
  processesWith,
  scratchDir,
  until,
  type ScratchDir,
} from '@muster/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

let lab: FaultLab;
let dir: ScratchDir;

beforeEach(async () => {
  [lab, dir] = await Promise.all([FaultLab.start(), scratchDir()]);
});
afterEach(async () => {
  await lab.stop();
  await killProcessesWith(dir.path);
  await dir.remove();
});

it('behaviour 31: outlives its worker, of whose calls only the one that ran is ended', async () => {
  const at = (name: string) => join(dir.path, name);
  const run = ['sh', '-c', 'echo up >"$0"; exec sleep 600'];
  const calls = await dir.write(
    'calls.json',
    JSON.stringify([
      { method: 'spawn', args: { argv: [...run, at('spawned')], env: { DIR: dir.path } } },
      { method: 'exec', args: { argv: [...run, at('running')], env: { DIR: dir.path } } },
    ]),
  );
  await lab.startCombiner();
  const worker = await lab.startWorker();
  const where = ['--fleet', lab.fleetFile, '--on', 'box01', '--calls', calls];
  const tick = lab.run(['tick', ...where, '--json', '--deadline', '30s']);
  const appeared = (name: string) =>
    until(`${name} is up`, async () => (await readFile(at(name), 'utf8').catch(() => '')) !== '');
  await Promise.all([appeared('spawned'), appeared('running')]);
  worker.kill('SIGKILL');
  await lab.startWorker();
  const { stdout } = await tick;
  const { box01 } = (JSON.parse(stdout) as TickRecord).drones;
  expect(box01?.calls.map(({ status }) => status)).toEqual(['ok', 'unknown']);
  expect(box01?.error?.ended).toBe('confirmed');
  const { pid } = box01?.results[0] as { pid: number };
  expect(await processesWith(dir.path)).toEqual([{ pid, command: 'sleep 600' }]);
});
