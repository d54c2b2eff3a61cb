/**
 * @typedef {object} Search what a search said of itself
 * @property {number} states
 * @property {number} errors
 * @property {boolean} complete whether it has been everywhere
 */

/** Anything that makes a search less than complete: its memory, its depth, or its end by a signal. */
const CUT_SHORT = /Search not completed|search depth too small|reached -DMEMLIM|out of memory/;

/**
 * Reads what the searching program (`pan`) printed.
 * @param {readonly string[]} lines
 * @returns {Search | undefined} undefined when it did not get as far as to say how much it has seen
 */
export function readSearch(lines) {
  const text = lines.join('\n');
  const states = /^\s*(\d+) states, stored/m.exec(text)?.[1];
  const errors = /, errors: (\d+)/.exec(text)?.[1];
  if (states === undefined || errors === undefined) return undefined;
  return { states: Number(states), errors: Number(errors), complete: !CUT_SHORT.test(text) };
}

/**
 * @typedef {object} Story how a search went wrong
 * @property {string[]} steps one line each
 * @property {string | undefined} broken what did not hold, as the model's comment on it says: `I3: …`
 */

/**
 * Reads what spin prints when it replays a fault.
 * @param {readonly string[]} lines
 * @param {string} model the model's text
 * @returns {Story}
 */
export function readStory(lines, model) {
  const isStep = stepMatcher(model);
  const place = /:(\d+), Error: assertion violated/.exec(lines.join('\n'))?.[1];
  const line = place === undefined ? '' : (model.split('\n')[Number(place) - 1] ?? '');
  return {
    steps: lines.map((text) => text.trim()).filter(isStep),
    broken: /\/\* (I\d: .*?) \*\//.exec(line)?.[1],
  };
}

/**
 * The steps of the model that nobody ever took, digits left out.
 * @param {Iterable<string>} taken lines that a search with `-DPRINTF` printed
 * @param {string} model the model's text
 * @returns {string[]}
 */
export function stepsNotTaken(taken, model) {
  const missing = new Set(stepsOf(model));
  for (const line of taken) missing.delete(withoutDigits(line.trim()));
  return [...missing];
}

/** @param {string} model */
function stepMatcher(model) {
  const steps = new Set(stepsOf(model));
  return (/** @type {string} */ line) => steps.has(withoutDigits(line));
}

/**
 * What each step prints, from its `printf`.
 * @param {string} model
 */
function stepsOf(model) {
  return [...model.matchAll(/printf\("(.*?)\\n"/g)].map(([, text = '']) =>
    withoutDigits(text.replaceAll('%d', '0')),
  );
}

/** @param {string} text */
export function withoutDigits(text) {
  return text.replaceAll(/\d+/g, 'N');
}
