/** Where a text stops being JSON: RFC 8259, which has no comments, no trailing commas and no bare words. */

export interface JsonError {
  /** Counted from 0. */
  readonly offset: number;
  readonly message: string;
}

/** Null when it is JSON. */
export function findJsonError(text: string): JsonError | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const position = /at position (\d+)/.exec(said)?.[1];
    // Without a position it is the end that came too early.
    return {
      offset: position === undefined ? text.length : Number(position),
      message: said.replace(/(?: in JSON)? at position.*$/s, ''),
    };
  }
}
