/** Where a drone is, who we are there, and whom we take it to be. */
import type { SshTarget } from '@muster/fleet';

export type { SshTarget };

/** `192.0.2.7:22`, `[2001:db8::7]:22`. */
export function endpoint({ address, port }: Pick<SshTarget, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The name and port under which its host key is on record: ssh_config(5), HostKeyAlias. */
export function recordedAs({
  address,
  port,
  hostKeyAlias,
}: Pick<SshTarget, 'address' | 'port' | 'hostKeyAlias'>): { host: string; port: number } {
  return hostKeyAlias === undefined ? { host: address, port } : { host: hostKeyAlias, port: 22 };
}
