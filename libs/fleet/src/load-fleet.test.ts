import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadFleet } from './load-fleet.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-fleet-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

function invalid(message: string): unknown {
  return expect.objectContaining({ code: 'MUSTER_INVALID_INPUT', message });
}

it('reads YAML, with paths relative to its folder and the environment given', async () => {
  const path = await file(
    'a.yaml',
    '\uFEFFversion: 1\r\ndrones:\r\n  a[1-2]: {}\r\n  b: { identityFile: [key, ~/key] }\r\n',
  );
  const fleet = await loadFleet(path, { HOME: '/home/you' });
  expect(fleet.names).toStrictEqual(['a1', 'a2', 'b']);
  expect(fleet.get('b')?.identityFile).toStrictEqual([join(folder, 'key'), '/home/you/key']);
});

it('reads JSON', async () => {
  const path = await file('a.json', JSON.stringify({ version: 1, drones: { 'a[1-2]': {} } }));
  expect((await loadFleet(path)).names).toStrictEqual(['a1', 'a2']);
});

it('names the file and the place of an error', async () => {
  const path = await file('b.yaml', '\uFEFFversoin: 1\n');
  await expect(loadFleet(path)).rejects.toThrow(
    invalid(
      `${path}:1:1: unknown key 'versoin' in the fleet file; did you mean 'version'?\n` +
        `${path}:1:1: expected 'version: 1'`,
    ),
  );
});

it('says why a file cannot be read', async () => {
  const none = join(folder, 'none.yaml');
  await expect(loadFleet(none)).rejects.toThrow(invalid(`${none}: no such file`));
  await expect(loadFleet(folder)).rejects.toThrow(
    invalid(`${folder}: is a directory, expected a file`),
  );
  const below = join(await file('c.yaml', ''), 'x');
  await expect(loadFleet(below)).rejects.toThrow(invalid(`${below}: no such file`));
  await expect(loadFleet('a\0b')).rejects.toThrow(
    invalid('a\0b: cannot be read (ERR_INVALID_ARG_VALUE)'),
  );
});

it('takes 16 MiB, and not a byte more', async () => {
  const text = 'version: 1\n#';
  const full = text + 'x'.repeat(16 * 1024 * 1024 - text.length);
  expect((await loadFleet(await file('full.yaml', full))).size).toBe(0);
  const large = await file('large.yaml', `${full}x`);
  await expect(loadFleet(large)).rejects.toThrow(invalid(`${large}: larger than 16 MiB`));
  await expect(loadFleet('/dev/zero')).rejects.toThrow(invalid('/dev/zero: larger than 16 MiB'));
});

it('refuses what is not UTF-8', async () => {
  const path = await file('d.yaml', Uint8Array.of(0x61, 0xff));
  await expect(loadFleet(path)).rejects.toThrow(invalid(`${path}: not text in UTF-8`));
});
