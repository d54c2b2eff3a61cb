/** The ways in which a known_hosts line can name hosts without spelling them out. */
import { createHmac } from 'node:crypto';

/** True when the pattern covers this lower-case name. */
export type NameMatcher = (name: string) => boolean;

/** `|1|salt|hash`: the name's HMAC-SHA1 under the salt (hostfile.c, host_hash). */
export function hashMatcher(field: string): NameMatcher | null {
  const [, version, salt, hash] = field.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return null;
  const key = Buffer.from(salt, 'base64');
  return (name) => createHmac('sha1', key).update(name).digest('base64') === hash;
}

/** A comma list of patterns: one must match, and no negated one may (match.c, match_pattern_list). */
export function patternMatcher(field: string): NameMatcher {
  const patterns = field.toLowerCase().split(',');
  const wanted = patterns.filter((p) => !p.startsWith('!')).map(wildcard);
  const unwanted = patterns.filter((p) => p.startsWith('!')).map((p) => wildcard(p.slice(1)));
  return (name) => wanted.some((p) => p.test(name)) && !unwanted.some((p) => p.test(name));
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
