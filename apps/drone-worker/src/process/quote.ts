/** Quotes a text for a POSIX shell, as one word, whatever it holds but NUL. */
export function quote(text: string): string {
  if (PLAIN.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Means itself as it is; a shell reads what it is told a byte at a time. */
const PLAIN = /^[\w./:@%+,-]+$/;
