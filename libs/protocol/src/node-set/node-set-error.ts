/**
 * A node set or a selection that cannot be read, or that names what is not there. The message says
 * what was expected, or what is missing with the nearest suggestion.
 */
export class NodeSetError extends Error {
  override readonly name = 'NodeSetError';

  constructor(
    message: string,
    /** Where in the text, as a 0-based count of characters (UTF-16 units); its length = at the end. */
    readonly offset: number,
  ) {
    super(message);
  }
}

/** The error for a text that goes wrong at `offset` (0-based; people are told it 1-based). */
export function expected(what: string, text: string, offset: number): NodeSetError {
  return new NodeSetError(`'${text}': expected ${what} at character ${offset + 1}`, offset);
}
