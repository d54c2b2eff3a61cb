/**
 * A key for which plain string order is natural order: numbers inside a name count as numbers
 * (lab9 before lab10), and lie where digits lie among other characters. Names that differ only in
 * padding have the same key.
 */
export function naturalKey(name: string): string {
  return name.replace(/\d+/g, (digits) => {
    const significant = digits.replace(/^0+/, '');
    return `0${String.fromCharCode(significant.length)}${significant}`;
  });
}
