/** Secrets as they are kept: scrypt with a salt of their own, compared in constant time. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** 2^15 rounds with blocks of 8: 32 MiB and some 60 ms for each guess. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const KEY_BYTES = 32;

/** `scrypt$N$r$p$<salt>$<hash>`, both in base64url. */
export async function hashSecret(secret: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(secret, salt, COST);
  const { N, r, p } = COST;
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** What `isHash` takes for a hash, and no other text. */
const FORM = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w-]{16,})\$([\w-]{43})$/;

/** Whether this can be a hash: our form, with costs that one guess may have. */
export function isHash(text: string): boolean {
  const match = FORM.exec(text);
  if (match === null) return false;
  const [N, r, p] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return N >= 2 && (N & (N - 1)) === 0 && r >= 1 && p >= 1 && N * r * p * 128 <= 256 * 1024 * 1024;
}

/** Takes as long for a wrong secret as for the right one. */
export async function matchesHash(secret: string, hash: string): Promise<boolean> {
  const match = FORM.exec(hash);
  if (match === null) return false;
  const [, N, r, p, salt = '', expected = ''] = match;
  const cost = { N: Number(N), r: Number(r), p: Number(p), maxmem: 300 * 1024 * 1024 };
  const found = await derive(secret, Buffer.from(salt, 'base64url'), cost);
  return timingSafeEqual(found, Buffer.from(expected, 'base64url'));
}

function derive(
  secret: string,
  salt: Buffer,
  cost: { N: number; r: number; p: number; maxmem: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret.normalize('NFKC'), salt, KEY_BYTES, cost, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
