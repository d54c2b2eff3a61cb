/**
 * Whether a server's host key is good enough to show it our credentials. `strict` takes only
 * keys on record; `accept-new` also takes, and records, the first key of a host of which
 * nothing is on record. Changed and revoked keys are refused always.
 */
import { createHash } from 'node:crypto';
import { hostKeyType, knownHostsName, lookUp, type KnownHostsEntry } from './known-hosts.js';
import type { KnownHostsStore, LoadedKnownHosts } from './known-hosts-store.js';
import { recordedAs, type SshTarget } from './ssh-target.js';
import { systemErrorReason } from './system-error.js';

/** `record`: good, once it has proven to own the key and the key is on record. */
export type HostKeyDecision =
  | { readonly decision: 'accept' }
  | { readonly decision: 'record' }
  | { readonly decision: 'refuse'; readonly message: string };

type Host = Pick<
  SshTarget,
  'address' | 'port' | 'knownHosts' | 'hostKeyPolicy' | 'hostKeyAlias' | 'jump'
>;

/** Decides on `key`, the raw public key in SSH wire form. */
export function judgeHostKey(target: Host, known: LoadedKnownHosts, key: Buffer): HostKeyDecision {
  const found = lookUp(known.files, { ...recordedAs(target), key });
  switch (found.verdict) {
    case 'known':
      return { decision: 'accept' };
    case 'revoked':
      return { decision: 'refuse', message: revokedMessage(target, key, found.entry) };
    case 'changed':
      return { decision: 'refuse', message: changedMessage(target, key, found.entry) };
    case 'unknown':
      if (target.hostKeyPolicy === 'accept-new') return { decision: 'record' };
      return { decision: 'refuse', message: unknownMessage(target, key, known) };
  }
}

/**
 * Puts a new host's key on record, in the first of the target's known_hosts files. Returns null,
 * or why the key is refused after all: it cannot be recorded (trusting it unrecorded would be
 * trusting anyone, each time anew), or another connection recorded a different key meanwhile.
 */
export async function recordHostKey(
  target: Host,
  store: KnownHostsStore,
  key: Buffer,
): Promise<string | null> {
  const [path] = target.knownHosts;
  const name = nameOnRecord(target);
  if (path === undefined || !/^[\w.:%[\]-]+$/.test(name)) {
    return `${describe(target, key)} is new and cannot be recorded: ${path === undefined ? 'no known_hosts file is set' : 'its name does not fit into known_hosts'}`;
  }
  let refusal: string | null = null;
  const stillNew = async () => {
    const judged = judgeHostKey(target, await store.load(target.knownHosts), key);
    if (judged.decision === 'refuse') refusal = judged.message;
    return judged.decision === 'record';
  };
  try {
    await store.append(path, `${name} ${hostKeyType(key)} ${key.toString('base64')}`, stillNew);
  } catch (error) {
    return `${describe(target, key)} is new and cannot be recorded: ${path}: ${systemErrorReason(error)}`;
  }
  return refusal;
}

/** The key's fingerprint as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function nameOnRecord(target: Host): string {
  const { host, port } = recordedAs(target);
  return knownHostsName(host, port);
}

function describe(target: Host, key: Buffer): string {
  const name = nameOnRecord(target);
  return `host key of ${name} (${hostKeyType(key)} ${fingerprint(key)})`;
}

function unknownMessage(target: Host, key: Buffer, known: LoadedKnownHosts): string {
  const files = target.knownHosts.join(', ') || 'any known_hosts file (none is set)';
  const unread = known.problems.map((problem) => `; ${problem}`).join('');
  const type = hostKeyType(key).replace(/^ssh-|-sha2-.*$/g, '');
  const unknown = `${describe(target, key)} is not in ${files}${unread}; if that fingerprint is right, add the key`;
  const to = quoted(target.knownHosts[0] ?? '~/.ssh/known_hosts');
  // Nothing can be scanned through another host, and a scan would not know of the alias.
  if (target.jump !== undefined || target.hostKeyAlias !== undefined) return `${unknown} to ${to}`;
  return `${unknown}: ssh-keyscan -p ${target.port} -t ${type} ${quoted(target.address)} >> ${to}`;
}

function changedMessage(target: Host, key: Buffer, entry: KnownHostsEntry): string {
  const recorded = `${entry.file}:${entry.line} records ${entry.keyType} ${fingerprint(entry.key)}`;
  const name = quoted(nameOnRecord(target));
  const remove = `ssh-keygen -R ${name} -f ${quoted(entry.file)}`;
  return `${describe(target, key)} has changed: ${recorded}; someone may be intercepting the connection, or the host was reinstalled: if you know that it was, remove the old key: ${remove}`;
}

function revokedMessage(target: Host, key: Buffer, entry: KnownHostsEntry): string {
  return `${describe(target, key)} is revoked by ${entry.file}:${entry.line}: give the host a new key, and record that one`;
}

/** For a command that a person may paste into a shell. */
function quoted(word: string): string {
  return /^[\w./:@%+~-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
