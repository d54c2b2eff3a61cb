import { describe, expect, it } from 'vitest';
import { parseProcessTable } from './process-table.js';
import { shownFiles, spelled, spelling } from './shown-files.js';

const NUMBERS = ' 7 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 45 2949120 256 184467440 1 1 0 0 0 0';
const how = spelling(Uint8Array.of(0xa5, 0x3c));

/** What `head -v` would print. */
function shown(files: readonly (readonly [string, string])[]): string {
  const parts = files.map(([path, content]) => `==> ${spelled(path, how)} <==\n${content}`);
  return parts.join('\n');
}
const table = (files: readonly (readonly [string, string])[]) =>
  parseProcessTable(shownFiles(shown(files), how));
const one = (name: string, cmdline: string) =>
  table([
    ['12/stat', `12 (${name}) S 3 7${NUMBERS}\n`],
    ['12/cmdline', cmdline],
  ]);

describe('the process table', () => {
  it('has the names and the arguments of processes', () => {
    expect(one('sleep', 'sleep\x00600\x00')).toEqual([
      { pid: 12, ppid: 3, pgid: 7, command: 'sleep', args: 'sleep 600' },
    ]);
  });

  it('has kernel threads, which have no arguments', () => {
    expect(one('kworker/0:1-ev', '')).toMatchObject([{ command: 'kworker/0:1-ev', args: '' }]);
  });

  it.each(['a b', ')', 'x) S 1 1', 'a\n) S 1 1 1\n', '==> 1/stat <==\n'])(
    'has the name %j',
    (name) => {
      expect(one(name, 'x\0')).toMatchObject([{ pid: 12, ppid: 3, pgid: 7, command: name }]);
    },
  );

  it('has arguments that look like the table itself', () => {
    const sly = `x\0\n==> 9/stat <==\n9 (root) S 1 1${NUMBERS}\n\n==> 9/cmdline <==\nroot`;
    expect(one('x', `${sly}\0`)).toMatchObject([{ pid: 12, args: sly.replace('\0', ' ') }]);
  });

  it('has U+FFFD for what is not UTF-8', () => {
    expect(one('\xff\xc3\xbc', '\xc3\xbc\0\xff\0')).toMatchObject([
      { command: '\ufffdü', args: 'ü \ufffd' },
    ]);
  });

  it('leaves out who ended while it was read', () => {
    const stat = `12 (x) S 3 7${NUMBERS}\n`;
    expect(table([['12/stat', stat]])).toEqual([]);
    expect(
      table([
        ['12/stat', ''],
        ['12/cmdline', 'x\0'],
      ]),
    ).toEqual([]);
  });
});

describe('shown files', () => {
  it('are found by their own paths, whatever is in them', () => {
    const files = [
      ['/run/a', '1\n'],
      ['rel b', ''],
      ['/run/c\n', '==> /run/d <==\n4\n'],
    ] as const;
    expect([...shownFiles(shown(files.slice(0, 1)), how)]).toEqual([['/run/a', '1\n']]);
    expect(shownFiles(shown(files), how).get('/run/c\n')).toBe('==> /run/d <==\n4\n');
  });
});
