/** What we can show to a server: keys from identity files, and an agent. */
import { readFile, stat } from 'node:fs/promises';
import type { ParsedKey } from 'ssh2';
import { parsePrivateKey, type PrivateKey } from './private-key.js';
import { systemErrorReason } from './system-error.js';

interface Identity {
  readonly path: string;
  readonly key: ParsedKey;
}

export interface Credentials {
  /** Usable keys, in the order in which they are tried. */
  readonly identities: readonly Identity[];
  /** The agent's socket; its keys are tried after the files. */
  readonly agentSocket: string | null;
  /** `path: why` for each identity file that could not be used. */
  readonly problems: readonly string[];
}

/** Reads identity files, and keeps what was parsed until the file changes. */
export class CredentialStore {
  readonly #parsed = new Map<string, { readonly version: string; readonly key: PrivateKey }>();

  /** `agentSocket`: `SSH_AUTH_SOCK`, or null for none. */
  constructor(private readonly agentSocket: string | null) {}

  async load(identityFiles: readonly string[]): Promise<Credentials> {
    const identities: Identity[] = [];
    const problems: string[] = [];
    for (const path of identityFiles) {
      const key = await this.#read(path);
      if (key.ok) identities.push({ path, key: key.key });
      else problems.push(`${path}: ${key.reason}`);
    }
    return { identities, problems, agentSocket: this.agentSocket };
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
