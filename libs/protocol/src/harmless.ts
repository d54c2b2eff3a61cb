/**
 * What a drone printed, for a person's terminal: control characters are shown, not obeyed.
 * Lines and tabs stay. The JSON outputs have the text as it came.
 */
export function harmless(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
  });
}

/** All C0 but tab and newline, DEL, C1, and what turns the direction of text. */
const CONTROL = new RegExp(
  '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]',
  'g',
);
