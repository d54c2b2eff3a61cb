import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashKnownHosts } from '@muster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostKeyAlgorithms } from './host-key-algorithms.js';
import { keyTypesFor, knownHostsName, lookUp, parseKnownHosts } from './known-hosts.js';

/** A key in wire form; only its type and its bytes matter here. */
function makeKey(type: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), randomBytes(40)]);
}

const ed25519 = makeKey('ssh-ed25519');
const ecdsa = makeKey('ecdsa-sha2-nistp256');
const rsa = makeKey('ssh-rsa');
const other = makeKey('ssh-ed25519');

const written = (key: Buffer) =>
  `${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')}`;

/** The verdict on ed25519 offered by `host`, with `{key}` in the lines replaced. */
function verdict(lines: string, host = 'lab001', port = 22, key = ed25519) {
  return lookUp([parseKnownHosts(lines.replaceAll('{key}', written(ed25519)))], { host, port, key })
    .verdict;
}

describe('names', () => {
  it.each([
    ['lab001 {key}', 'lab001', 22, 'known'],
    ['LAB001 {key}', 'lab001', 22, 'known'],
    ['lab001 {key}', 'Lab001', 22, 'known'],
    ['lab002,lab001,192.0.2.1 {key}', 'lab001', 22, 'known'],
    ['lab0011 {key}', 'lab001', 22, 'unknown'],
    ['[lab001]:2222 {key}', 'lab001', 2222, 'known'],
    ['[lab001]:2222 {key}', 'lab001', 22, 'unknown'],
    ['[lab001]:2222 {key}', 'lab001', 2223, 'unknown'],
    ['lab001 {key}', 'lab001', 2222, 'known'],
    ['::1 {key}', '::1', 22, 'known'],
    ['[::1]:2222 {key}', '::1', 2222, 'known'],
    ['lab* {key}', 'lab001', 22, 'known'],
    ['lab* {key}', 'gw1', 22, 'unknown'],
    ['lab00? {key}', 'lab001', 22, 'known'],
    ['lab00? {key}', 'lab00', 22, 'unknown'],
    ['lab.01 {key}', 'labx01', 22, 'unknown'],
    ['*.example,!bad.example {key}', 'good.example', 22, 'known'],
    ['*.example,!bad.example {key}', 'bad.example', 22, 'unknown'],
    ['!bad.example {key}', 'good.example', 22, 'unknown'],
    ['[lab*]:2222 {key}', 'lab001', 2222, 'known'],
  ] as const)('%s offered by %s port %d is %s', (line, host, port, expected) => {
    expect(verdict(line, host, port)).toBe(expected);
  });

  it('files a port other than 22 in brackets', () => {
    expect(knownHostsName('Lab001', 22)).toBe('lab001');
    expect(knownHostsName('::1', 2222)).toBe('[::1]:2222');
  });

  it('matches hashed names', () => {
    const salt = randomBytes(20);
    const hash = createHmac('sha1', salt).update('[lab001]:2222').digest('base64');
    const line = `|1|${salt.toString('base64')}|${hash} {key}`;
    expect(verdict(line, 'lab001', 2222)).toBe('known');
    expect(verdict(line, 'lab002', 2222)).toBe('unknown');
    expect(verdict(line.replace('|1|', '|2|'), 'lab001', 2222)).toBe('unknown');
  });
});

describe('names hashed by ssh-keygen -H', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'muster-known-hosts-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('are found, and only they', async () => {
    const path = join(directory, 'known_hosts');
    await writeFile(path, `lab001,192.0.2.1 ${written(ed25519)}\n[gw1]:2222 ${written(ecdsa)}\n`);
    await hashKnownHosts(path);
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain('lab001');
    const files = [parseKnownHosts(text)];
    const offered = (host: string, port: number, key: Buffer) =>
      lookUp(files, { host, port, key }).verdict;
    expect(offered('lab001', 22, ed25519)).toBe('known');
    expect(offered('192.0.2.1', 22, ed25519)).toBe('known');
    expect(offered('gw1', 2222, ecdsa)).toBe('known');
    expect(offered('gw1', 2222, makeKey('ecdsa-sha2-nistp256'))).toBe('changed');
    expect(offered('gw1', 22, ecdsa)).toBe('unknown');
    expect(offered('lab002', 22, ed25519)).toBe('unknown');
  });
});

describe('verdicts', () => {
  it.each([
    ['the same key', `lab001 {key}`, 'known'],
    ['one of several keys', `lab001 ${written(other)}\nlab001 {key}`, 'known'],
    ['another key of that type', `lab001 ${written(other)}`, 'changed'],
    // OpenSSH 9.2 refuses this as changed, with accept-new, too.
    ['a key of another type only', `lab001 ${written(ecdsa)}`, 'changed'],
    ['a revoked key', `lab001 {key}\n@revoked * {key}`, 'revoked'],
    ['another revoked key', `@revoked lab001 ${written(other)}`, 'unknown'],
    ['a revoked key of another host', `@revoked lab002 {key}`, 'unknown'],
    ['a certificate authority', `@cert-authority * {key}`, 'unknown'],
    ['nothing', '', 'unknown'],
  ])('%s on record', (_what, lines, expected) => {
    expect(verdict(lines)).toBe(expected);
  });

  it('takes no offence at another key of the host on port 22', () => {
    expect(verdict(`lab001 ${written(other)}`, 'lab001', 2222)).toBe('unknown');
  });

  it('names the line, of the offered type when there is one', () => {
    const text = `# lab\n\nlab001 ${written(ecdsa)}\nlab001 ${written(other)}\n`;
    const found = lookUp([parseKnownHosts(text, '/etc/known')], {
      host: 'lab001',
      port: 22,
      key: ed25519,
    });
    expect(found).toMatchObject({ verdict: 'changed', entry: { file: '/etc/known', line: 4 } });
    expect(found.keyTypes).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519']);
  });

  it('looks into all files', () => {
    const files = [parseKnownHosts(''), parseKnownHosts(`lab001 ${written(ed25519)}`)];
    expect(lookUp(files, { host: 'lab001', port: 22, key: ed25519 }).verdict).toBe('known');
  });
});

describe('lines', () => {
  it.each([
    ['a comment', '#lab001 {key}'],
    ['a key that is cut short', `lab001 ${written(ed25519).slice(0, 30)}`],
    [
      'a type that is not the key’s',
      `lab001 ${written(ed25519).replace('ssh-ed25519', 'ssh-rsa')}`,
    ],
    ['no key', 'lab001 ssh-ed25519'],
    ['an unknown marker', '@trusted lab001 {key}'],
    ['a broken hash', '|1|onlysalt {key}'],
  ])('skips %s, and reads on', (_what, line) => {
    expect(verdict(line)).toBe('unknown');
    expect(verdict(`${line}\nlab001 {key}`)).toBe('known');
  });

  it('takes tabs, blanks at both ends, carriage returns and a comment at the end', () => {
    expect(verdict('  lab001\t{key}  the lab \r\n')).toBe('known');
  });
});

describe('algorithms', () => {
  it('come first for the types on record', () => {
    const files = [parseKnownHosts(`lab001 ${written(ecdsa)}\nlab001 ${written(rsa)}`)];
    const types = keyTypesFor(files, 'lab001', 22);
    expect(types).toEqual(['ecdsa-sha2-nistp256', 'ssh-rsa']);
    expect(hostKeyAlgorithms(types).slice(0, 4)).toEqual([
      'ecdsa-sha2-nistp256',
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-rsa',
    ]);
    expect(hostKeyAlgorithms(types)).toHaveLength(hostKeyAlgorithms([]).length);
  });

  it('follow the key on port 22 when the port has none, and leave out revoked keys', () => {
    const files = [parseKnownHosts(`lab001 ${written(rsa)}\n@revoked * ${written(ecdsa)}`)];
    expect(keyTypesFor(files, 'lab001', 2222)).toEqual(['ssh-rsa']);
    expect(hostKeyAlgorithms(keyTypesFor(files, 'gw1', 22))[0]).toBe('ssh-ed25519');
  });
});
