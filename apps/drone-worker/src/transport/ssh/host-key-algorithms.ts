/** In which order to ask a server for its host keys. */
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** Every algorithm that ssh2 offers by default, best first, with the type of key that it takes. */
const ALGORITHMS: readonly (readonly [ServerHostKeyAlgorithm, string])[] = [
  ['ssh-ed25519', 'ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'ssh-rsa'],
  ['rsa-sha2-256', 'ssh-rsa'],
  ['ssh-rsa', 'ssh-rsa'],
];

/**
 * Algorithms for known key types first: a server shows one key only, of the first algorithm that
 * it has, and one that we cannot check would look like a changed key (sshconnect2.c,
 * order_hostkeyalgs).
 */
export function hostKeyAlgorithms(knownKeyTypes: readonly string[]): ServerHostKeyAlgorithm[] {
  const known = ALGORITHMS.filter(([, keyType]) => knownKeyTypes.includes(keyType));
  const others = ALGORITHMS.filter(([, keyType]) => !knownKeyTypes.includes(keyType));
  return [...known, ...others].map(([algorithm]) => algorithm);
}
