/** Where a drone is, who we are there, and whom we take it to be. */
export interface SshTarget {
  /** The drone's name in the fleet. */
  readonly drone: string;
  /** Host name or IP address. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Private keys, tried in this order; absolute paths. */
  readonly identityFiles: readonly string[];
  /** Files that are searched for the host's key, absolute paths; `accept-new` writes to the first. */
  readonly knownHosts: readonly string[];
  readonly hostKeyPolicy: 'strict' | 'accept-new';
}

/** `192.0.2.7:22`, `[2001:db8::7]:22`. */
export function endpoint({ address, port }: Pick<SshTarget, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
