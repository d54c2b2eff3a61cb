import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WORKSPACE_ROOT } from '../workspace-root.mjs';
import { readSearch, readStory, stepsNotTaken } from './read-search.mjs';
import { SEARCHES } from './searches.mjs';

const END = ['State-vector 156 byte, depth reached 621, errors: 0', '  5131339 states, stored'];

const MODEL = `inline start(d) {
  printf("drone %d: starts\\n", d);
  assert(!started)   /* I3: at most once */
  printf("drone %d: stops\\n", d)
}`;

it('reads how far a search came', () => {
  expect(readSearch(END)).toEqual({ states: 5_131_339, errors: 0, complete: true });
  expect(readSearch(['pan: out of memory', ...END])?.complete).toBe(false);
  expect(readSearch(['error: max search depth too small', ...END])?.complete).toBe(false);
  expect(readSearch(['gcc: error: no input files'])).toBeUndefined();
});

it('tells how a search went wrong, in the words of the model', () => {
  const lines = [
    'drone 1: starts',
    'spin: tick.pml:3, Error: assertion violated',
    '#processes: 13',
    'tick = open',
  ];
  expect(readStory(lines, MODEL)).toEqual({
    steps: ['drone 1: starts'],
    broken: 'I3: at most once',
  });
  expect(readStory([], MODEL)).toEqual({ steps: [], broken: undefined });
});

it('finds steps that nobody takes', () => {
  expect(stepsNotTaken(['  drone 0: starts'], MODEL)).toEqual(['drone N: stops']);
  expect(stepsNotTaken(['drone 0: starts', 'drone 0: stops'], MODEL)).toEqual([]);
});

it('searches for, and describes, each fault that the model can be given', () => {
  const model = readFileSync(join(WORKSPACE_ROOT, 'docs/model/tick.pml'), 'utf8');
  const readme = readFileSync(join(WORKSPACE_ROOT, 'docs/model/README.md'), 'utf8');
  const asked = [...model.matchAll(/(?:#ifn?def |defined\()(\w+)/g)].map(([, macro]) => macro);
  const settings = ['LIVENESS', 'ONE_DRONE', 'SHORTEST'];
  const faults = new Set(asked.filter((macro) => macro !== undefined && !settings.includes(macro)));

  const searched = SEARCHES.filter(({ finds }) => finds.startsWith('I')).map(({ name }) => name);
  expect(searched.toSorted()).toEqual([...faults].toSorted());
  const described = [...readme.matchAll(/^\| `([A-Z_]+)`\s*\|/gm)].map(([, fault]) => fault);
  expect(described).toEqual(searched);
});
