import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { makeSshKey } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothingToOffer } from './authentication.js';
import { CredentialStore } from './credentials.js';

const run = promisify(execFile);
const ENCRYPTED = 'is encrypted: load it into ssh-agent';
const store = new CredentialStore(null);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'muster-keys-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** What comes of one file: the key's type, or what is wrong with it. */
async function load(path: string): Promise<string> {
  const { identities, problems } = await store.load([path]);
  return identities[0]?.key.type ?? problems[0]?.replace(`${path}: `, '') ?? '';
}

async function saved(name: string, content: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

describe('identity files', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('in OpenSSH’s format: %s', async (type) => {
    const plain = join(directory, `plain_${type}`);
    const encrypted = join(directory, `encrypted_${type}`);
    const made = await makeSshKey(plain, type);
    await copyFile(plain, encrypted);
    await chmod(encrypted, 0o600);
    await run('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', encrypted]);
    expect(await load(plain)).toBe(made.split(' ')[0]);
    expect(await load(encrypted)).toBe(ENCRYPTED);
  });

  it.each(['rsa', 'ecdsa'])('in traditional PEM: %s', async (type) => {
    const path = join(directory, `pem_${type}`);
    const bits = type === 'rsa' ? '2048' : '256';
    const kind = ['-t', type, '-b', bits, '-m', 'PEM'];
    await run('ssh-keygen', ['-q', ...kind, '-N', '', '-f', path]);
    expect(await load(path)).toMatch(/^(ssh-rsa|ecdsa-sha2-nistp256)$/);
    await run('ssh-keygen', ['-q', '-p', '-m', 'PEM', '-P', '', '-N', 'secret', '-f', path]);
    expect(await load(path)).toBe(ENCRYPTED);
  });

  it('in PKCS#8', async () => {
    const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const ed25519 = generateKeyPairSync('ed25519').privateKey;
    const secret = { cipher: 'aes-256-cbc', passphrase: 'secret' };
    const plain = (key: KeyObject) => key.export(pkcs8).toString();
    const encrypted = rsa.export({ ...pkcs8, ...secret }).toString();
    expect(await load(await saved('p8rsa', plain(rsa)))).toBe('ssh-rsa');
    expect(await load(await saved('p8ec', plain(ec)))).toBe('ecdsa-sha2-nistp256');
    expect(await load(await saved('p8ed', plain(ed25519)))).toMatch(/^is not a private key/);
    expect(await load(await saved('p8enc', encrypted))).toBe(ENCRYPTED);
  });

  it('that are of no use, with the reason and never the content', async () => {
    const path = join(directory, 'some_key');
    await makeSshKey(path, 'ed25519');
    const broken = (await readFile(path, 'utf8')).replace(/b3Blbn/, 'AAAAAA');
    expect(await load(await saved('broken', broken))).toBe(
      'is not a private key in a known format',
    );
    expect(await load(`${path}.pub`)).toBe('is a public key, not a private one');
    expect(await load(join(directory, 'nothing'))).toBe('no such file');
    expect(await load(directory)).toBe('is a directory');
    expect(await load(await saved('empty', ''))).toBe('is not a private key in a known format');
  });

  it('are read again when they change', async () => {
    const path = await saved('changing', 'not yet a key');
    expect(await load(path)).toMatch(/^is not a private key/);
    await rm(path);
    await makeSshKey(path, 'ecdsa');
    expect(await load(path)).toBe('ecdsa-sha2-nistp256');
  });

  it('keep their order, and the bad among them do not hide the good', async () => {
    const first = join(directory, 'first');
    const third = join(directory, 'third');
    await makeSshKey(first, 'ed25519');
    await makeSshKey(third, 'ed25519');
    const second = join(directory, 'second');
    const loaded = await store.load([first, second, third]);
    expect(loaded.identities.map(({ path }) => path)).toEqual([first, third]);
    expect(loaded.problems).toEqual([`${second}: no such file`]);
    expect(nothingToOffer('root', loaded)).toBeNull();
  });
});

it('without a key and an agent there is nothing to offer, and why', async () => {
  const missing = join(directory, 'nothing');
  expect(nothingToOffer('root', await store.load([missing]))).toBe(
    `user root: no usable key: ${missing}: no such file; no ssh-agent (SSH_AUTH_SOCK is not set)`,
  );
  const withAgent = await new CredentialStore('/run/agent').load([missing]);
  expect(nothingToOffer('root', withAgent)).toBeNull();
});
