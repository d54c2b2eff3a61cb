/**
 * `--call METHOD [JSON]` takes one or two words, which no option parser can say. This makes
 * one word of the two, so that the rest of the command line can be parsed as ever.
 */
export const CALL_SEPARATOR = '\0';

export function mergeCallArguments(argv: readonly string[]): string[] {
  const merged: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') return [...merged, ...argv.slice(index)];
    merged.push(word);
    if (word !== '--call' && !word.startsWith('--call=')) continue;
    if (word === '--call') {
      index += 1;
      const method = argv[index];
      if (method === undefined) break;
      merged.push(method);
    }
    const json = argv[index + 1];
    if (json?.startsWith('{') !== true) continue;
    merged.push(`${merged.pop() ?? ''}${CALL_SEPARATOR}${json}`);
    index += 1;
  }
  return merged;
}
