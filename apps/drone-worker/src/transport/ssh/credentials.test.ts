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
const ENCRYPTED = 'is encrypted: load it into ssh-agent, or give a passphraseFile';
const store = new CredentialStore(null);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'muster-keys-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** What comes of one file: the key's type, or what is wrong with it. */
async function load(path: string, passphraseFile?: string): Promise<string> {
  const { identities, problems } = await store.load({ identityFiles: [path], passphraseFile });
  return identities[0]?.key.type ?? problems[0]?.replace(`${path}: `, '') ?? '';
}

async function saved(name: string, content: string, mode = 0o600): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content, { mode });
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

  it.each([
    ['OpenSSH', ['-t', 'ed25519'], 'ssh-ed25519'],
    ['PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM'], 'ssh-rsa'],
    ['PKCS8', ['-t', 'ecdsa', '-m', 'PKCS8'], 'ecdsa-sha2-nistp256'],
  ])('that are encrypted, with a file that has the passphrase: %s', async (name, kind, type) => {
    const key = join(directory, `locked_${name}`);
    await run('ssh-keygen', ['-q', ...kind, '-N', 'open sesame', '-f', key]);
    const fits = await saved(`fits_${name}`, 'open sesame\nand a second line\n');
    const other = await saved(`other_${name}`, 'open says me\n');
    const shown = await saved(`shown_${name}`, 'open sesame\n', 0o644);
    const missing = join(directory, `none_${name}`);
    expect(await load(key, fits)).toBe(type);
    expect(await load(key, other)).toBe(`is encrypted, and the passphrase does not fit (${other})`);
    expect(await load(key, shown)).toBe(`is encrypted; others may read ${shown}: chmod go-rwx`);
    expect(await load(key, missing)).toBe(`is encrypted; ${missing}: no such file`);
    await chmod(shown, 0o600);
    expect(await load(key, shown)).toBe(type);
  });

  it('whose certificate is of no use to us say so, beside what was tried', async () => {
    const [authority, key] = [join(directory, 'ca'), join(directory, 'signed')];
    await makeSshKey(authority, 'ed25519');
    await makeSshKey(key, 'ed25519');
    const signing = ['-q', '-s', authority, '-I', 'test', '-n', 'root', `${key}.pub`];
    await run('ssh-keygen', signing);
    const { identities, problems } = await store.load({ identityFiles: [key] });
    expect(identities.map(({ path }) => path)).toEqual([key]);
    expect(problems).toEqual([`${key}-cert.pub: certificates are not supported`]);
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
    const loaded = await store.load({ identityFiles: [first, second, third] });
    expect(loaded.identities.map(({ path }) => path)).toEqual([first, third]);
    expect(loaded.problems).toEqual([`${second}: no such file`]);
    expect(nothingToOffer('root', loaded)).toBeNull();
  });
});

it('without a key and an agent there is nothing to offer, and why', async () => {
  const missing = join(directory, 'nothing');
  expect(nothingToOffer('root', await store.load({ identityFiles: [missing] }))).toBe(
    `user root: no usable key: ${missing}: no such file; no ssh-agent (SSH_AUTH_SOCK is not set)`,
  );
  const withAgent = await new CredentialStore('/run/agent').load({ identityFiles: [missing] });
  expect(nothingToOffer('root', withAgent)).toBeNull();
});
