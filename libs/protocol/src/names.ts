/**
 * What a drone, a lane or a site may be called: a letter or a digit, then up to 254 letters,
 * digits, dots, underscores and dashes. A hostname fits, and nothing that a node set, a Redis key
 * or a shell gives a meaning to.
 */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

/** The most characters a name may have: what `NAME_PATTERN` allows, and the most in a DNS name. */
export const MAX_NAME_LENGTH = 255;

/** Is `text` a legal name of a drone, a lane or a site? */
export function isName(text: string): boolean {
  return NAME_PATTERN.test(text);
}
