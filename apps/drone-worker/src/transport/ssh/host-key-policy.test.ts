import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint, judgeHostKey, recordHostKey } from './host-key-policy.js';
import { KnownHostsStore } from './known-hosts-store.js';

/** A real key and what `ssh-keygen -lf` says about it. */
const BASE64 = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
const KEY = Buffer.from(BASE64, 'base64');
const FINGERPRINT = 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU';
const OTHER = Buffer.concat([KEY.subarray(0, 19), Buffer.alloc(32, 7)]);

let directory: string;
let path: string;
const store = new KnownHostsStore();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'muster-policy-'));
  path = join(directory, 'new', 'known_hosts');
});
afterEach(() => rm(directory, { recursive: true }));

const target = (hostKeyPolicy: 'strict' | 'accept-new', knownHosts = [path]) => {
  return { address: '192.0.2.7', port: 2222, knownHosts, hostKeyPolicy };
};

async function judge(policy: 'strict' | 'accept-new', text: string | null) {
  const file = join(directory, 'file');
  if (text !== null) await writeFile(file, text);
  const host = target(policy, [file]);
  return judgeHostKey(host, await store.load([file]), KEY);
}

it('is made by one reading of a file, however many connections begin at the same time', async () => {
  const file = join(directory, 'file');
  await writeFile(file, `[192.0.2.7]:2222 ssh-ed25519 ${BASE64}`);
  const one = new KnownHostsStore();
  const loads = await Promise.all(Array.from({ length: 20 }, () => one.load([file])));
  expect(new Set(loads.flatMap(({ files }) => files)).size).toBe(1);
});

describe('a decision', () => {
  it('prints fingerprints as OpenSSH does', () => {
    expect(fingerprint(KEY)).toBe(FINGERPRINT);
  });

  it('accepts a key on record, under either policy', async () => {
    const line = `[192.0.2.7]:2222 ssh-ed25519 ${BASE64}`;
    expect(await judge('strict', line)).toEqual({ decision: 'accept' });
    expect(await judge('accept-new', line)).toEqual({ decision: 'accept' });
  });

  it('says how to add an unknown key', async () => {
    const file = join(directory, 'file');
    expect(await judge('strict', null)).toEqual({
      decision: 'refuse',
      message: `host key of [192.0.2.7]:2222 (ssh-ed25519 ${FINGERPRINT}) is not in ${file}; if that fingerprint is right, add the key: ssh-keyscan -p 2222 -t ed25519 192.0.2.7 >> ${file}`,
    });
    expect(await judge('accept-new', null)).toEqual({ decision: 'record' });
  });

  it('refuses a changed key under either policy, and says where the old one stands', async () => {
    const text = `# lab\n[192.0.2.7]:2222 ssh-ed25519 ${OTHER.toString('base64')}\n`;
    const file = join(directory, 'file');
    const strict = await judge('strict', text);
    expect(strict).toEqual({
      decision: 'refuse',
      message: `host key of [192.0.2.7]:2222 (ssh-ed25519 ${FINGERPRINT}) has changed: ${file}:2 records ssh-ed25519 ${fingerprint(OTHER)}; someone may be intercepting the connection, or the host was reinstalled: if you know that it was, remove the old key: ssh-keygen -R '[192.0.2.7]:2222' -f ${file}`,
    });
    expect(await judge('accept-new', text)).toEqual(strict);
  });

  it('refuses a revoked key under either policy', async () => {
    const text = `@revoked * ssh-ed25519 ${BASE64}`;
    const message = `host key of [192.0.2.7]:2222 (ssh-ed25519 ${FINGERPRINT}) is revoked by ${join(directory, 'file')}:1: give the host a new key, and record that one`;
    expect(await judge('strict', text)).toEqual({ decision: 'refuse', message });
    expect(await judge('accept-new', text)).toEqual({ decision: 'refuse', message });
  });

  it('says when a file could not be read', async () => {
    const known = await store.load([directory]);
    const judged = judgeHostKey(target('strict', [directory]), known, KEY);
    expect(judged).toMatchObject({
      message: expect.stringContaining(`${directory}: is a directory`) as string,
    });
  });
});

describe('recording a new key', () => {
  const LINE = `[192.0.2.7]:2222 ssh-ed25519 ${BASE64}\n`;

  it('creates a private file in a private directory', async () => {
    expect(await recordHostKey(target('accept-new'), store, KEY)).toBeNull();
    expect(await readFile(path, 'utf8')).toBe(LINE);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
  });

  it('writes once for many connections at the same time', async () => {
    const all = Array.from({ length: 20 }, () => recordHostKey(target('accept-new'), store, KEY));
    expect(await Promise.all(all)).toEqual(Array.from({ length: 20 }, () => null));
    expect(await readFile(path, 'utf8')).toBe(LINE);
  });

  it('refuses the second of two different keys at the same time', async () => {
    const both = [KEY, OTHER].map((key) => recordHostKey(target('accept-new'), store, key));
    const [first, second] = await Promise.all(both);
    expect(first).toBeNull();
    expect(second).toContain('has changed');
    expect(await readFile(path, 'utf8')).toBe(LINE);
  });

  it('starts a new line when the last one is not ended, and keeps the file’s mode', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '# no newline');
    await chmod(file, 0o640);
    expect(await recordHostKey(target('accept-new', [file]), store, KEY)).toBeNull();
    expect(await readFile(file, 'utf8')).toBe(`# no newline\n${LINE}`);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
  });

  it('refuses what it cannot record', async () => {
    expect(await recordHostKey(target('accept-new', [directory]), store, KEY)).toBe(
      `host key of [192.0.2.7]:2222 (ssh-ed25519 ${FINGERPRINT}) is new and cannot be recorded: ${directory}: is a directory`,
    );
    expect(await recordHostKey(target('accept-new', []), store, KEY)).toContain(
      'no known_hosts file is set',
    );
    const odd = { ...target('accept-new'), address: 'a,b' };
    expect(await recordHostKey(odd, store, KEY)).toContain('does not fit into known_hosts');
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });
});
