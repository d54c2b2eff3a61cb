/** What we can show to a server: keys from identity files, and an agent. */
import { readFile, stat } from 'node:fs/promises';
import type { OpenSSHAgent, ParsedKey } from 'ssh2';
import { AgentWith } from './agent-with.js';
import { isEncrypted, parsePrivateKey, parsePublicKey, type PrivateKey } from './private-key.js';
import type { SshTarget } from './ssh-target.js';
import { systemErrorReason } from './system-error.js';

interface Identity {
  readonly path: string;
  readonly key: ParsedKey;
}

export interface Credentials {
  /** Usable keys, in the order in which they are tried. */
  readonly identities: readonly Identity[];
  /** The agent, or its socket; its keys are tried after the files. */
  readonly agent: OpenSSHAgent | string | null;
  /** Why there is no agent; empty when there is one. */
  readonly noAgent: string;
  /** `path: why` for each identity file, or certificate, that could not be used. */
  readonly problems: readonly string[];
}

/** Where the keys for a target are. */
export type CredentialSources = Pick<
  SshTarget,
  'identityFiles' | 'passphraseFile' | 'identitiesOnly'
>;

/** Reads identity files, and keeps what was parsed until the file changes. */
export class CredentialStore {
  readonly #parsed = new Map<string, { readonly version: string; readonly key: PrivateKey }>();

  /** `agentSocket`: `SSH_AUTH_SOCK`, or null for none. */
  constructor(private readonly agentSocket: string | null) {}

  /**
   * `passphraseFile` is read when a key is encrypted. `identitiesOnly`: of the agent's keys only
   * those of these files, whose public halves lie beside them.
   */
  async load({
    identityFiles,
    passphraseFile,
    identitiesOnly = false,
  }: CredentialSources): Promise<Credentials> {
    const identities: Identity[] = [];
    const problems: string[] = [];
    const wanted: Buffer[] = [];
    for (const path of identityFiles) {
      const key = await this.#read(path, passphraseFile);
      if (key.ok) identities.push({ path, key: key.key });
      if (await isThere(`${path}-cert.pub`))
        problems.push(`${path}-cert.pub: certificates are not supported`);
      const publicKey = identitiesOnly && !key.ok ? await publicKeyOf(path) : null;
      if (publicKey !== null) wanted.push(publicKey);
      else if (!key.ok) problems.push(`${path}: ${key.reason}`);
    }
    return { identities, problems, ...this.#agent(identitiesOnly ? wanted : null) };
  }

  /** `wanted`: the public keys that may be offered; null for all. */
  #agent(wanted: readonly Buffer[] | null): Pick<Credentials, 'agent' | 'noAgent'> {
    const { agentSocket } = this;
    if (agentSocket === null)
      return { agent: null, noAgent: 'no ssh-agent (SSH_AUTH_SOCK is not set)' };
    if (wanted === null) return { agent: agentSocket, noAgent: '' };
    if (wanted.length > 0) return { agent: new AgentWith(agentSocket, wanted), noAgent: '' };
    return { agent: null, noAgent: 'IdentitiesOnly leaves no key of ssh-agent' };
  }

  async #read(path: string, passphraseFile: string | undefined): Promise<PrivateKey> {
    const unlocked = passphraseFile === undefined ? '' : await versionOf(passphraseFile);
    const version = [await versionOf(path), unlocked].join(' ');
    const kept = this.#parsed.get(path);
    if (kept?.version === version) return kept.key;
    const key = await readKey(path, passphraseFile);
    this.#parsed.set(path, { version, key });
    return key;
  }
}

async function readKey(path: string, passphraseFile: string | undefined): Promise<PrivateKey> {
  try {
    const content = await readFile(path);
    if (passphraseFile === undefined || !isEncrypted(content)) return parsePrivateKey(content);
    const passphrase = await readPassphrase(passphraseFile);
    if (!passphrase.ok) return { ok: false, reason: `is encrypted; ${passphrase.reason}` };
    const key = parsePrivateKey(content, passphrase.text);
    return key.ok ? key : { ok: false, reason: `${key.reason} (${passphraseFile})` };
  } catch (error) {
    return { ok: false, reason: systemErrorReason(error) };
  }
}

/** The first line of a file that nobody else may read. */
async function readPassphrase(
  path: string,
): Promise<{ ok: true; text: string } | { ok: false; reason: string }> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) return { ok: false, reason: `others may read ${path}: chmod go-rwx` };
    return { ok: true, text: (await readFile(path, 'utf8')).split(/\r?\n/, 1)[0] ?? '' };
  } catch (error) {
    return { ok: false, reason: `${path}: ${systemErrorReason(error)}` };
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** What changes when the file does; a text of its own for one that is not there. */
async function versionOf(path: string): Promise<string> {
  try {
    const { ino, size, mode, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mode, mtimeNs, ctimeNs].join();
  } catch (error) {
    return systemErrorReason(error);
  }
}

/** What the file says of its public half, or the one beside it does. */
async function publicKeyOf(path: string): Promise<Buffer | null> {
  for (const file of [path, `${path}.pub`]) {
    const key = await readFile(file).then(parsePublicKey, () => null);
    if (key !== null) return key;
  }
  return null;
}
