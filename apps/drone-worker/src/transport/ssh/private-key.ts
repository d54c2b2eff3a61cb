/** Reading private keys as OpenSSH keeps them. Key material never leaves this file but as a key. */
import { createPrivateKey } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';

export type PrivateKey =
  | { readonly ok: true; readonly key: ParsedKey }
  /** In words for the end of a sentence; never a part of the file. */
  | { readonly ok: false; readonly reason: string };

/**
 * Takes OpenSSH's own format and PEM (PKCS#1, SEC1, and PKCS#8 for RSA and ECDSA); `passphrase` is
 * for a key that is encrypted.
 */
export function parsePrivateKey(content: Buffer, passphrase?: string): PrivateKey {
  const text = content.toString('latin1');
  const locked = isEncrypted(content);
  if (locked && passphrase === undefined)
    return { ok: false, reason: 'is encrypted: load it into ssh-agent, or give a passphraseFile' };
  const pkcs8 = /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text);
  const key = ssh2.utils.parseKey(
    pkcs8 ? traditionalPem(text, passphrase) : content,
    locked && !pkcs8 ? passphrase : undefined,
  );
  if (key instanceof Error && locked)
    return { ok: false, reason: 'is encrypted, and the passphrase does not fit' };
  if (key instanceof Error) return { ok: false, reason: 'is not a private key in a known format' };
  if (!key.isPrivateKey()) return { ok: false, reason: 'is a public key, not a private one' };
  return { ok: true, key };
}

/** The public key of a public key's file in SSH wire form, or null when it is none. */
export function parsePublicKey(content: Buffer): Buffer | null {
  const key = ssh2.utils.parseKey(content);
  return key instanceof Error || key.isPrivateKey() ? null : key.getPublicSSH();
}

/** By the formats' own marks; the parser says it in the text of a message only. */
export function isEncrypted(content: Buffer): boolean {
  const text = content.toString('latin1');
  if (/^Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----/m.test(text)) return true;
  const openssh = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(text)?.[1];
  if (openssh === undefined) return false;
  // PROTOCOL.key: the magic, then the cipher's name with its length.
  const body = Buffer.from(openssh, 'base64');
  const magic = 'openssh-key-v1\0';
  return (
    body.toString('latin1', 0, magic.length) === magic &&
    body.toString('latin1', magic.length + 4, magic.length + 8) !== 'none'
  );
}

/** ssh2 reads no PKCS#8; node:crypto does, and writes what ssh2 reads. Empty when it cannot be. */
function traditionalPem(pkcs8: string, passphrase: string | undefined): string {
  try {
    const key = createPrivateKey({ key: pkcs8, ...(passphrase !== undefined && { passphrase }) });
    const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1';
    return key.export({ type, format: 'pem' }).toString();
  } catch {
    return '';
  }
}
