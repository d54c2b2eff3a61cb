/** Is the text a wildcard? `*` stands for any characters or none, `?` for exactly one. */
export function isWildcard(text: string): boolean {
  return /[*?]/.test(text);
}

/**
 * Does the whole name match the wildcard? Takes at most length × length steps whatever the
 * wildcard, which a regular expression does not promise.
 */
export function matchesWildcard(wildcard: string, name: string): boolean {
  let inWildcard = 0;
  let inName = 0;
  let afterStar = -1;
  let starTakesUpTo = 0;
  while (inName < name.length) {
    if (wildcard[inWildcard] === '*') {
      afterStar = ++inWildcard;
      starTakesUpTo = inName;
    } else if (wildcard[inWildcard] === '?' || wildcard[inWildcard] === name[inName]) {
      inWildcard++;
      inName++;
    } else if (afterStar !== -1) {
      // The last star has to take one character more; the stars before it need not change.
      inWildcard = afterStar;
      inName = ++starTakesUpTo;
    } else return false;
  }
  return /^\**$/.test(wildcard.slice(inWildcard));
}
