import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oneLine } from './one-line.js';

describe('oneLine', () => {
  it.each([
    ['plain text', 'refused', 'refused'],
    ['nothing', '', ''],
    ['accents, other scripts and emoji', 'Größe 日本 🚒 é', 'Größe 日本 🚒 é'],
    ['line ends of all kinds', 'a\nb\r\nc\rd\u0085e\u2028f\u2029g', 'a b c d e f g'],
    ['tabs, runs of spaces, and the ends', ' \ta \t\n  b\u00a0 ', 'a b'],
    ['a line that is overprinted', 'password ok\rpassword no', 'password ok password no'],
    ['colours', '\u001b[1;31mred\u001b[0m and \u001b[38:5:9mred\u001b[m', 'red and red'],
    ['cursor moves and a cleared screen', 'a\u001b[2J\u001b[10;20Hb\u001b[?25lc', 'abc'],
    ['CSI with intermediates', 'a\u001b[1 qb', 'ab'],
    ['a window title, ended by BEL', 'a\u001b]0;owned\u0007b', 'ab'],
    ['a link, ended by ST', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['an OSC that does not end', 'a\u001b]0;title', 'a'],
    ['an OSC cut short by another sequence', 'a\u001b]0;title\u001b[0mb', 'ab'],
    ['character sets, as tput sgr0 sends them', '\u001b(B\u001b[mdone\u001b(0', 'done'],
    ['two-character escapes', 'a\u001bcb\u001b7c\u001b8d\u001b=e\u001bMf', 'abcdef'],
    ['an escape that is none', 'a\u001b\u001b[', 'a\uFFFD\uFFFD['],
    ['an escape made of two', 'a\u001b\u001b[0m[31mb', 'a\uFFFD[31mb'],
    ['C0 controls, DEL', 'a\0b\u0007c\u0008d\u007fe', 'a\uFFFDb\uFFFDc\uFFFDd\uFFFDe'],
    ['C1 controls, CSI among them', 'a\u009b31mb\u0090c', 'a\uFFFD31mb\uFFFDc'],
    ['bidirectional overrides', 'a\u202eb\u202cc\u2066d\u2069e', 'a\uFFFDb\uFFFDc\uFFFDd\uFFFDe'],
  ])('makes one harmless line of %s', (_, text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  it('cuts after 199 characters, with a mark', () => {
    expect(oneLine('x'.repeat(200))).toBe('x'.repeat(200));
    expect(oneLine('x'.repeat(201))).toBe(`${'x'.repeat(199)}…`);
    expect(oneLine('x'.repeat(100_000))).toBe(`${'x'.repeat(199)}…`);
  });

  it('cuts at the limit it is given', () => {
    expect(oneLine('abcdef', 6)).toBe('abcdef');
    expect(oneLine('abcdef', 5)).toBe('abcd…');
  });

  it('counts what is left, not what came', () => {
    expect(oneLine(`${'\u001b[31m'.repeat(100)}abc`, 3)).toBe('abc');
  });

  it('counts an emoji as one character, and cuts none in two', () => {
    expect(oneLine('🚒🚒🚒', 3)).toBe('🚒🚒🚒');
    expect(oneLine('🚒🚒🚒🚒', 3)).toBe('🚒🚒…');
  });

  it('gives one line without controls, not longer than the limit, of any text', () => {
    const controls = fc.constantFrom(
      '\u001b',
      '\u001b[',
      '\u001b]',
      '\r',
      '\n',
      '\u202e',
      '\u009b',
      'm',
      '🚒',
    );
    const texts = fc.array(fc.oneof(controls, anyText)).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 60 }), (text, limit) => {
        const line = oneLine(text, limit);
        expect(line).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
        );
        expect(Array.from(line).length).toBeLessThanOrEqual(limit);
        expect(line).toBe(line.trim());
        if (!/\p{Surrogate}/u.test(text)) expect(line).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  it('changes nothing that it has made already', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(oneLine(oneLine(text))).toBe(oneLine(text));
      }),
    );
  });
});

/** Any characters, lone surrogates among them. */
const anyText = fc.string({
  unit: fc.oneof(fc.nat(0x2100), fc.nat(0x10ffff)).map((code) => String.fromCodePoint(code)),
});
