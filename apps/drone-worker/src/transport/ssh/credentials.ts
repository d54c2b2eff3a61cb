/** What we can show to a server: keys from identity files, and an agent. */
import { readFile, stat } from 'node:fs/promises';
import type { OpenSSHAgent, ParsedKey } from 'ssh2';
import { AgentWith } from './agent-with.js';
import { parsePrivateKey, parsePublicKey, type PrivateKey } from './private-key.js';
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
  /** `path: why` for each identity file that could not be used. */
  readonly problems: readonly string[];
}

/** Reads identity files, and keeps what was parsed until the file changes. */
export class CredentialStore {
  readonly #parsed = new Map<string, { readonly version: string; readonly key: PrivateKey }>();

  /** `agentSocket`: `SSH_AUTH_SOCK`, or null for none. */
  constructor(private readonly agentSocket: string | null) {}

  /** `identitiesOnly`: of the agent's keys only those of these files, whose public halves lie beside them. */
  async load(identityFiles: readonly string[], identitiesOnly = false): Promise<Credentials> {
    const identities: Identity[] = [];
    const problems: string[] = [];
    const wanted: Buffer[] = [];
    for (const path of identityFiles) {
      const key = await this.#read(path);
      if (key.ok) identities.push({ path, key: key.key });
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

  async #read(path: string): Promise<PrivateKey> {
    try {
      const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      const version = [ino, size, mtimeNs, ctimeNs].join();
      const kept = this.#parsed.get(path);
      if (kept?.version === version) return kept.key;
      const key = parsePrivateKey(await readFile(path));
      this.#parsed.set(path, { version, key });
      return key;
    } catch (error) {
      return { ok: false, reason: systemErrorReason(error) };
    }
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
