/** ssh-agent, of whose keys only some are offered: ssh_config(5), IdentitiesOnly. */
import ssh2, { type IdentityCallback, type ParsedKey } from 'ssh2';

export class AgentWith extends ssh2.OpenSSHAgent {
  readonly #wanted: readonly Buffer[];

  /** `socket` is the agent's; `wanted` are public keys in SSH wire form. */
  constructor(socket: string, wanted: readonly Buffer[]) {
    super(socket);
    this.#wanted = wanted;
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    super.getIdentities((error, keys) => {
      callback(error, keys?.filter(isOneOf(this.#wanted)));
    });
  }
}

/** ssh2 gives the agent's keys parsed; its types allow for other shapes. */
function isOneOf(wanted: readonly Buffer[]): (key: unknown) => boolean {
  return (key) => {
    const own = (key as ParsedKey).getPublicSSH();
    return wanted.some((other) => other.equals(own));
  };
}
