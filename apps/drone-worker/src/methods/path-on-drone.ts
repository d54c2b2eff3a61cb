/** Paths of a call, as its script gets them. */

/** A path such as `-n` must not be taken for an option by what a script runs. */
export function pathArgument(path: string): string {
  return path.startsWith('/') ? path : `./${path}`;
}

/** For a script: `make_parent PATH` makes the directory that a path lies in, or ends the script. */
export const MAKE_PARENT = `make_parent() {
  parent=\${1%/*}
  [ -z "$parent" ] || [ -d "$parent" ] || mkdir -p -- "$parent" || exit 1
}`;
