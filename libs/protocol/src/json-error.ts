/**
 * Where a text stops being JSON: RFC 8259, which has no comments, no trailing commas and no bare
 * words; nor, here, the same key twice, of which a parser would drop one without a word.
 */

export interface JsonError {
  /** Counted from 0. */
  readonly offset: number;
  readonly message: string;
}

/** Null when it is JSON. */
export function findJsonError(text: string): JsonError | null {
  const said = complaintAbout(text);
  if (said === null) return keyGivenTwice(text);
  // What V8 adds of the text, and where it is, is said by the offset.
  const message = said.replace(/(?: in JSON)? at position.*$|, .* is not valid JSON$/s, '');
  return { offset: positionIn(said) ?? firstWrong(text), message };
}

/** In a text that is JSON. */
function keyGivenTwice(text: string): JsonError | null {
  /** Of each map that is open its keys, of each list null. */
  const open: (Set<string> | null)[] = [];
  let isKey = false;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    else if (token === '}' || token === ']') open.pop();
    const keys = open.at(-1) ?? null;
    if (token.startsWith('"') && isKey && keys !== null) {
      const key = JSON.parse(token) as string;
      if (keys.has(key)) return { offset: index, message: `key ${token} given twice` };
      keys.add(key);
    }
    isKey = keys !== null && (token === '{' || token === ',');
  }
  return null;
}

function complaintAbout(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function positionIn(said: string): number | undefined {
  const position = /at position (\d+)/.exec(said)?.[1];
  return position === undefined ? undefined : Number(position);
}

/** V8 does not always say where: the shortest beginning with which more than its end is wrong. */
function firstWrong(text: string): number {
  let right = 0;
  let wrong = text.length + 1;
  while (wrong - right > 1) {
    const length = (right + wrong) >> 1;
    if (length <= text.length && mayGoOn(text.slice(0, length))) right = length;
    else wrong = length;
  }
  return wrong - 1;
}

function mayGoOn(beginning: string): boolean {
  const said = complaintAbout(beginning) ?? '';
  if (said.startsWith('Unexpected token')) return false;
  return (positionIn(said) ?? beginning.length) >= beginning.length;
}
