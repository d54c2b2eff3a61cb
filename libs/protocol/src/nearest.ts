/** More edits than this make another word, not a slip of the fingers. */
const MAX_EDITS = 3;

/**
 * The candidate that was probably meant by `word`, for "did you mean": the fewest edits away (a
 * character inserted, dropped or replaced, or two neighbours swapped; the case of letters aside).
 * Of equally near ones, the one nearest with case minded, then the first.
 *
 * `undefined` if none is near: more than 3 edits, or more than a third of the word (one edit is
 * always allowed, as long as something of the word is left).
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lowerWord = word.toLowerCase();
  const limit = Math.min(MAX_EDITS, Math.max(1, Math.floor(word.length / 3)), word.length - 1);
  let best: { candidate: string; edits: number; exactEdits: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const edits = editDistance(lowerWord, candidate.toLowerCase());
    if (edits > limit || (best && edits > best.edits)) continue;
    const exactEdits = editDistance(word, candidate);
    if (!best || edits < best.edits || exactEdits < best.exactEdits) {
      best = { candidate, edits, exactEdits };
    }
  }
  return best?.candidate;
}

/** Optimal string alignment: Levenshtein's distance, with a swap of neighbours as one edit. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      current[column] = Math.min(
        cell(previous, column) + 1,
        cell(current, column - 1) + 1,
        cell(previous, column - 1) + (same ? 0 : 1),
        swapped ? cell(beforePrevious, column - 2) + 1 : Infinity,
      );
    }
    beforePrevious = previous;
    previous = current;
  }
  return cell(previous, to.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
