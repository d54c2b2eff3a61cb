/**
 * What a drone says goes into messages, logs and terminals. This makes one harmless
 * line of it: no control characters, no escape sequences, no more than `limit` characters.
 */
export function oneLine(text: string, limit = 200): string {
  const line = text
    .replace(ESCAPE_SEQUENCES, '')
    .replace(/[\s\u0085]+/g, ' ')
    .replace(INVISIBLE, '\uFFFD')
    .trim();
  const characters = line.length > limit ? Array.from(line) : null;
  if (characters === null || characters.length <= limit) return line;
  return `${characters.slice(0, limit - 1).join('')}…`;
}

/** CSI and OSC sequences, and the escapes of two and three characters (ECMA-48, ECMA-35). */
const ESCAPE_SEQUENCES = new RegExp(
  '\\u001b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)?|[ -/]*[0-Z\\\\-~])',
  'g',
);

/** C0 and C1 controls, and the bidirectional overrides that can make a line read as another. */
const INVISIBLE = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]', 'g');
