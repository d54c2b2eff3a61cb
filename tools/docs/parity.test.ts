/** docs/parity.md and the tests say the same: no behaviour is left out, and none is held by a test that is not there. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

/** The tests of a row that names no file of its own. */
const SUITE = 'apps/producer/test/task-queue.suite.ts';

interface Row {
  readonly behaviours: readonly number[];
  readonly test: string;
}

const rows = readRows(readFileSync(new URL('docs/parity.md', ROOT), 'utf8'));
const claims = readClaims();

describe('docs/parity.md', () => {
  it('has every behaviour once', () => {
    const all = rows.flatMap(({ behaviours }) => behaviours).sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  it.each(rows.filter(({ test }) => !isOpen(test)))(
    'names tests of behaviours $behaviours that are there: $test',
    ({ behaviours, test }) => {
      const files = filesOf(test);
      expect(files.filter((file) => !claims.has(file))).toEqual([]);
      const held = new Set(files.flatMap((file) => [...(claims.get(file) ?? [])]));
      expect(behaviours.filter((behaviour) => !held.has(behaviour))).toEqual([]);
    },
  );

  it('calls nothing open that has a test', () => {
    const tested = new Set([...claims.values()].flatMap((held) => [...held]));
    const open = rows.filter(({ test }) => isOpen(test)).flatMap(({ behaviours }) => behaviours);
    expect(open.filter((behaviour) => tested.has(behaviour))).toEqual([]);
  });
});

function isOpen(test: string): boolean {
  return test.startsWith('open');
}

/** Every file in backticks, and the suite where the cell says `behaviour` outside of them or nothing else. */
function filesOf(test: string): string[] {
  const named = Array.from(test.matchAll(/`([^`]+\.ts)`/g), ([, file = '']) => file);
  return test.includes('behaviour') || named.length === 0 ? [SUITE, ...named] : named;
}

/** The first cell has numbers, ranges of them, and letters: `5, 8, 9 P, 50 S`, `28-33 P`. */
function readRows(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => {
      const [, numbers = '', , test = ''] = line.split('|').map((cell) => cell.trim());
      return { behaviours: readNumbers(numbers), test };
    });
}

function readNumbers(text: string): number[] {
  return Array.from(text.matchAll(/(\d+)(?:-(\d+))?/g)).flatMap(([, from, to = from]) => {
    const length = Number(to) - Number(from) + 1;
    return Array.from({ length }, (_, index) => Number(from) + index);
  });
}

/** By test file, the behaviours that the names of its tests begin with. */
function readClaims(): Map<string, Set<number>> {
  const title = /['"`]behaviours? ((?:\d+|, | and )+)/g;
  return new Map(
    testFiles().map((path) => {
      const text = readFileSync(new URL(path, ROOT), 'utf8');
      const numbers = Array.from(text.matchAll(title)).flatMap(([, said = '']) =>
        readNumbers(said),
      );
      return [path, new Set(numbers)];
    }),
  );
}

function testFiles(): string[] {
  return ['apps', 'libs', 'tests', 'examples'].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: 'utf8' })
      .filter(
        (path) => /\.(test|suite)\.ts$/.test(path) && !/(^|\/)(node_modules|dist)\//.test(path),
      )
      .map((path) => `${folder}/${path}`),
  );
}
