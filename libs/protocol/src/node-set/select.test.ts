import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  expandNodeSet,
  NodeSetError,
  parseSelection,
  select,
  type SelectionUniverse,
} from './index.js';

/** 10 drones, of which lab007 is disabled; in this order in the file. */
const names = ['gw-east', 'gw-west', ...expandNodeSet('lab[001-007]'), 'edge1'];
const fleet = universeOf(names, ['lab007'], {
  rack1: expandNodeSet('lab[001-004]'),
  rack2: expandNodeSet('lab[005-007]'),
  empty: [],
});

describe('select', () => {
  it.each([
    ['a name', 'lab002', ['lab002']],
    ['a node set', 'lab[002-003]', ['lab002', 'lab003']],
    ['a disabled drone that is named', 'lab[006-007]', ['lab006', 'lab007']],
    ['a group', '@rack1', ['lab001', 'lab002', 'lab003', 'lab004']],
    ['a group without its disabled drone', '@rack2', ['lab005', 'lab006']],
    ['an empty group', '@empty', []],
    ['several groups', '@rack[1-2]&lab[004-005]', ['lab004', 'lab005']],
    ['all enabled drones', '*', names.filter((name) => name !== 'lab007')],
    ['a wildcard, enabled drones only', 'lab00?&lab[005-007]', ['lab005', 'lab006']],
    ['a wildcard at the start', '*-east', ['gw-east']],
    ['a wildcard beside brackets', 'lab[001-002,006]*', ['lab001', 'lab002', 'lab006']],
    ['a union', 'lab001,gw-west', ['gw-west', 'lab001']],
    ['a difference', '@rack1!lab[002-003]', ['lab001', 'lab004']],
    ['an intersection', '@rack1&lab[003-006]', ['lab003', 'lab004']],
    [
      "the file's order, each once",
      'edge1,lab002,lab001,lab00*!@rack2,lab001',
      ['lab001', 'lab002', 'lab003', 'lab004', 'edge1'],
    ],
    ['from left to right: union, then difference', 'lab001,lab002!lab001', ['lab002']],
    ['from left to right: difference, then union', 'lab001!lab001,lab001', ['lab001']],
    ['from left to right: union, then intersection', 'lab001,lab002&lab002', ['lab002']],
    ['from left to right: intersection, then union', 'lab001&lab002,lab003', ['lab003']],
    ['white space around operands', ' lab001 , gw-* ! gw-west &\t* ', ['gw-east', 'lab001']],
    ['a disabled drone that only its own name takes out', 'lab[006-007]!*', ['lab007']],
    ['a disabled drone taken out by name', 'lab[006-007]!lab007', ['lab006']],
  ])('chooses %s', (_, text, chosen) => {
    expect(select(parseSelection(text), fleet)).toEqual(chosen);
  });

  it.each([
    ['lab0007', 'no drone is called lab0007; did you mean lab007?', 0],
    ['lab001, lab[006-008]', 'no drone is called lab008; did you mean lab001?', 8],
    ['*!printer', 'no drone is called printer', 2],
    ['@rak1', 'no group is called @rak1; did you mean @rack1?', 0],
    ['* & @rack[1-3]', 'no group is called @rack3; did you mean @rack1?', 4],
    ['@everything', 'no group is called @everything', 0],
    ['lab001,leb*', 'no enabled drone matches leb*', 7],
    ['*07', 'no enabled drone matches *07', 0],
  ])('refuses %j', (text, message, offset) => {
    const error = errorOf(() => select(parseSelection(text), fleet));
    expect(error).toBeInstanceOf(NodeSetError);
    expect(error).toMatchObject({ message, offset });
  });

  it('takes `*` for nothing in a fleet without enabled drones', () => {
    expect(select(parseSelection('*'), universeOf(['a'], ['a'], {}))).toEqual([]);
  });

  it('has a few of many in their order, also where it is told the place of each', () => {
    const many = Array.from({ length: 100 }, (_, index) => `n${String((index * 37) % 100)}`);
    const universe = universeOf(many, [], {});
    const told = { ...universe, placeOf: (name: string) => many.indexOf(name) };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...many), { minLength: 1, maxLength: 8 }), (some) => {
        const selection = parseSelection(some.join(','));
        expect(select(selection, told)).toEqual(select(selection, universe));
      }),
    );
  });

  it('takes a list of 50,000 names in its stride', () => {
    const many = expandNodeSet('a[1-50000]');
    const selection = parseSelection(`*,${many.join(',')}`);
    expect(select(selection, universeOf(many, [], {}))).toEqual(many);
  });
});

describe('the algebra', () => {
  const operands = fc.constantFrom(
    ...names,
    ...['lab[002-007]', '@rack1', '@rack[1-2]', '@empty', '*', 'gw-*', 'lab00?', '*1'],
  );
  const expressions = fc
    .tuple(operands, fc.array(fc.tuple(fc.constantFrom(',', '!', '&'), operands)))
    .map(([first, rest]) => first + rest.flat().join(''));
  const chosen = (text: string) => select(parseSelection(text), fleet);

  it('chooses names of the fleet, in its order, each once', () => {
    fc.assert(
      fc.property(expressions, (a) => {
        expect(chosen(a)).toEqual(names.filter((name) => chosen(a).includes(name)));
      }),
    );
  });

  it('a,b is a ∪ b; a!b is a ∖ b; a&b is a ∩ b; for any a on the left', () => {
    fc.assert(
      fc.property(expressions, operands, (a, b) => {
        const [left, right] = [new Set(chosen(a)), new Set(chosen(b))];
        const where = (test: (name: string) => boolean) => names.filter(test);
        expect(chosen(`${a},${b}`)).toEqual(where((name) => left.has(name) || right.has(name)));
        expect(chosen(`${a}!${b}`)).toEqual(where((name) => left.has(name) && !right.has(name)));
        expect(chosen(`${a}&${b}`)).toEqual(where((name) => left.has(name) && right.has(name)));
      }),
    );
  });

  it('a!a is empty; a,a and a&a are a', () => {
    fc.assert(
      fc.property(operands, (a) => {
        expect(chosen(`${a}!${a}`)).toEqual([]);
        expect([chosen(`${a},${a}`), chosen(`${a}&${a}`)]).toEqual([chosen(a), chosen(a)]);
      }),
    );
  });

  it('a,b is b,a; a&b is b&a; a!b and a&b make up a', () => {
    fc.assert(
      fc.property(operands, operands, (a, b) => {
        expect(chosen(`${a},${b}`)).toEqual(chosen(`${b},${a}`));
        expect(chosen(`${a}&${b}`)).toEqual(chosen(`${b}&${a}`));
        expect([...chosen(`${a}!${b}`), ...chosen(`${a}&${b}`)].sort()).toEqual(chosen(a).sort());
      }),
    );
  });
});

function universeOf(
  all: readonly string[],
  disabled: readonly string[],
  groups: Record<string, readonly string[]>,
): SelectionUniverse {
  const enabled = (some: readonly string[]) => some.filter((name) => !disabled.includes(name));
  const known = new Set(all);
  return {
    all: enabled(all),
    names: all,
    groups: Object.keys(groups),
    has: (name) => known.has(name),
    group: (name) => groups[name] && enabled(groups[name]),
  };
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
