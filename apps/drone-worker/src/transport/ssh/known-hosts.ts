/**
 * OpenSSH's known_hosts format: parsing and matching, without any I/O.
 * Format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"; verdicts: OpenSSH's hostfile.c
 * and sshconnect.c, checked against OpenSSH 9.2.
 *
 * `@cert-authority` lines are left out: ssh2 offers no certificate algorithms, so a
 * server never shows us a certificate, and a CA's key vouches for no plain key.
 */
import { hashMatcher, patternMatcher, type NameMatcher } from './host-patterns.js';

const SSH_PORT = 22;

/** One usable line of a known_hosts file. */
export interface KnownHostsEntry {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** True for `@revoked`: this key must never be accepted. */
  readonly revoked: boolean;
  /** `ssh-ed25519` and the like; equal to the type inside the key. */
  readonly keyType: string;
  /** The public key in SSH wire form. */
  readonly key: Buffer;
}

/** A parsed file, indexed so that thousands of drones do not each scan thousands of lines. */
export interface KnownHostsFile {
  /** Entries for names that stand in the file in full, by lower-case name. */
  readonly named: ReadonlyMap<string, readonly KnownHostsEntry[]>;
  /** Entries with wildcards, negations or hashes: to be matched one by one. */
  readonly patterned: readonly PatternedEntry[];
}

interface PatternedEntry {
  readonly entry: KnownHostsEntry;
  readonly matches: NameMatcher;
}

/**
 * As OpenSSH decides: `revoked` when an `@revoked` line holds this very key; `known` when a plain
 * line does; `changed` when plain lines hold only other keys, of whatever type (a server that
 * suddenly shows another type could be anyone); `unknown` when the host has no plain line.
 */
export type HostKeyLookup = {
  /** Types of the keys on record for the host, in file order, each once. */
  readonly keyTypes: readonly string[];
} & (
  | { readonly verdict: 'unknown' }
  | {
      readonly verdict: 'known' | 'changed' | 'revoked';
      /** The line that decided; for `changed` one of the offered type if there is one. */
      readonly entry: KnownHostsEntry;
    }
);

/** The name under which known_hosts files a host: `host`, or `[host]:port` for a port other than 22. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === SSH_PORT ? name : `[${name}]:${port}`;
}

/** Parses one file. Lines that make no sense are skipped, as OpenSSH does. `file` is only kept for messages. */
export function parseKnownHosts(text: string, file = 'known_hosts'): KnownHostsFile {
  const named = new Map<string, KnownHostsEntry[]>();
  const patterned: PatternedEntry[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const parsed = parseLine(line, file, index + 1);
    if (parsed === null) continue;
    const { names, entry } = parsed;
    if (/^[^*?!|]+$/.test(names)) {
      for (const name of names.toLowerCase().split(',')) {
        const entries = named.get(name) ?? [];
        entries.push(entry);
        named.set(name, entries);
      }
    } else {
      const matches = names.startsWith('|') ? hashMatcher(names) : patternMatcher(names);
      if (matches !== null) patterned.push({ entry, matches });
    }
  }
  return { named, patterned };
}

/** What the files say about `key` (SSH wire form), offered by `host` on `port`. */
export function lookUp(
  files: readonly KnownHostsFile[],
  offer: { readonly host: string; readonly port: number; readonly key: Buffer },
): HostKeyLookup {
  const own = entriesFor(files, knownHostsName(offer.host, offer.port));
  // A key that is on record for the host without its port is good for every port; any other
  // such key says nothing (sshconnect.c: "checking without port identifier").
  const portless = entriesFor(files, offer.host.toLowerCase()).filter((e) =>
    e.key.equals(offer.key),
  );
  const recorded = own.filter((e) => !e.revoked);
  const keyTypes = [...new Set(recorded.map((e) => e.keyType))];

  const same = [...own.filter((e) => e.key.equals(offer.key)), ...portless];
  const revoked = same.find((e) => e.revoked);
  if (revoked !== undefined) return { verdict: 'revoked', keyTypes, entry: revoked };
  const known = same[0];
  if (known !== undefined) return { verdict: 'known', keyTypes, entry: known };
  const offeredType = hostKeyType(offer.key);
  const other = recorded.find((e) => e.keyType === offeredType) ?? recorded[0];
  if (other !== undefined) return { verdict: 'changed', keyTypes, entry: other };
  return { verdict: 'unknown', keyTypes };
}

/** Entries that may be accepted from this host, so that the right algorithms can be asked for. */
export function acceptableEntries(
  files: readonly KnownHostsFile[],
  host: string,
  port: number,
): KnownHostsEntry[] {
  const own = entriesFor(files, knownHostsName(host, port)).filter((e) => !e.revoked);
  if (own.length > 0 || port === SSH_PORT) return own;
  return entriesFor(files, host.toLowerCase()).filter((e) => !e.revoked);
}

/** The types of the keys that may be accepted from this host, in file order, each once. */
export function keyTypesFor(
  files: readonly KnownHostsFile[],
  host: string,
  port: number,
): string[] {
  return [...new Set(acceptableEntries(files, host, port).map((e) => e.keyType))];
}

/** The type that a public key in SSH wire form names at its start; empty when it is malformed. */
export function hostKeyType(key: Buffer): string {
  if (key.length < 4) return '';
  const length = key.readUInt32BE(0);
  return length > key.length - 4 ? '' : key.toString('latin1', 4, 4 + length);
}

function entriesFor(files: readonly KnownHostsFile[], name: string): KnownHostsEntry[] {
  return files.flatMap((file) => [
    ...(file.named.get(name) ?? []),
    ...file.patterned.filter((p) => p.matches(name)).map((p) => p.entry),
  ]);
}

function parseLine(line: string, file: string, lineNumber: number) {
  const fields = line.trim().split(/[ \t]+/);
  const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
  if (marker !== undefined && marker !== '@revoked') return null;
  const [names, keyType, base64] = fields;
  if (names === undefined || names.startsWith('#')) return null;
  if (keyType === undefined || base64 === undefined) return null;
  const key = Buffer.from(base64, 'base64');
  if (key.toString('base64') !== base64 || hostKeyType(key) !== keyType) return null;
  const entry = { file, line: lineNumber, revoked: marker !== undefined, keyType, key };
  return { names, entry };
}
