/** What a sticky (`y`) pattern matches of `text` right at `offset`; '' if it does not match there. */
export function matchAt(pattern: RegExp, text: string, offset: number): string {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0] ?? '';
}
