/** Quotes a text for a POSIX shell, as one word, whatever it holds but NUL. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
