/**
 * Many files in one stream, as `head -v` shows them: each behind a line `==> its path <==`. What
 * is in a file could look like such a line; so the paths are spelt in a way that nobody can foresee.
 */

/** Leads nowhere: a slash or two behind each dot, as the bits of `random` will have it. */
export function spelling(random: Uint8Array): string {
  return Array.from(random, (byte) =>
    Array.from({ length: 8 }, (_, bit) => ((byte >> bit) & 1 ? './' : './/')).join(''),
  ).join('');
}

/** The same file, spelt so. */
export function spelled(path: string, how: string): string {
  return path.startsWith('/') ? `/${how}${path}` : `${how}${path}`;
}

/** What was shown, by path as it was before it was spelt; all one character a byte. */
export function shownFiles(shown: string, how: string): Map<string, string> {
  const files = new Map<string, string>();
  // Each but the last ends with a newline of head's own.
  for (const [index, part] of shown.split(new RegExp(`\\n?==> /?${how}`)).entries()) {
    const end = part.indexOf(' <==\n');
    if (index > 0 && end >= 0) files.set(part.slice(0, end), part.slice(end + 5));
  }
  return files;
}
