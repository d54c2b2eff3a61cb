/** What the fleet's page works out of the cells of the recent ticks, and of a search. */
import { describe, expect, it } from 'vitest';
import { cellOf, hasNotch, lettersOf } from '../src/fleet/cells.js';
import { droneAt, layOut, step } from '../src/fleet/heat-layout.js';
import { search } from '../src/fleet/search.js';
import { streakOf, troubles } from '../src/fleet/streaks.js';
import { whyBad } from '../src/fleet/why.js';

/** Ticks as columns of cells, the newest first. */
function heatOf(...columns: readonly string[]) {
  return columns.map((cells, index) => ({
    tick: `t-${String(columns.length - index)}`,
    cells,
    reasons: [],
  }));
}

describe('since when a drone is bad', () => {
  it.each([
    ['ok now, bad before', 'ooFo', { letter: 'o', ticks: 0, since: -1, bad: 1, isOlder: false }],
    ['bad since the second newest', 'UUoo', { letter: 'U', ticks: 2, since: 1, isOlder: false }],
    ['its last outcome counts, not its first', 'UFoo', { letter: 'U', ticks: 2, since: 1 }],
    ['ticks that left it out say nothing', 'U U o', { letter: 'U', ticks: 2, since: 2 }],
    ['nor does one that it has not reported to', '-UUo', { letter: 'U', ticks: 2, since: 2 }],
    ['bad as far back as we know', 'NNN', { letter: 'N', ticks: 3, since: 2, isOlder: true }],
    ['never called', '   ', { letter: ' ', ticks: 0, since: -1, bad: 0 }],
    ['bad, but long ago', 'oooooF', { bad: 1, lately: 0 }],
  ])('%s', (_, history, streak) => {
    const heat = heatOf(...history.split(''));
    expect(streakOf(heat, 0)).toMatchObject(streak);
  });

  it('is one line for all that it befell at once, the newest trouble first', () => {
    const heat = heatOf('oUUFN', 'oUUoN', 'ooooN');
    const streaks = new Map([0, 1, 2, 3, 4].map((drone) => [drone, streakOf(heat, drone)]));
    expect(troubles(streaks)).toMatchObject([
      { letter: 'F', drones: [3], since: 0, ticks: 1 },
      { letter: 'U', drones: [1, 2], since: 1, ticks: 2 },
      { letter: 'N', drones: [4], since: 2, ticks: 3, isOlder: true },
    ]);
  });
});

describe('why drones are bad', () => {
  const reasonOf = (drones: string, message: string) => {
    return { drones, count: 1, outcome: 'call_failed' as const, message };
  };
  const names = ['lab1', 'lab2', 'lab3'];
  const heat = [
    { tick: 't-2', cells: 'F o', reasons: [reasonOf('lab1', 'disk full')] },
    {
      tick: 't-1',
      cells: 'FFF',
      reasons: [reasonOf('lab[1-2]', 'no route'), reasonOf('lab3', '')],
    },
  ];
  const streaks = new Map([0, 1, 2].map((drone) => [drone, streakOf(heat, drone)]));

  it('is what the tick of the last outcome says of each, once', () => {
    expect(whyBad(heat, names, [0], streaks)).toEqual(['disk full']);
    expect(whyBad(heat, names, [1, 0, 1], streaks)).toEqual(['no route', 'disk full']);
  });

  it('is nothing where no tick tells', () => {
    expect(whyBad(heat, names, [2, 7], streaks)).toEqual([]);
  });
});

describe('the one cell of a drone', () => {
  const heat = heatOf('oo -F', 'Fo ooU');
  const roll = { heat, health: 'od?obd' };
  const streaks = new Map([0, 1, 2, 3, 4, 5].map((drone) => [drone, streakOf(heat, drone)]));

  it('shows its last outcome, or that it is disabled', () => {
    expect([...streaks].map(([drone, streak]) => cellOf(roll, drone, streak)).join('')).toBe(
      'od oFd',
    );
    expect(
      [...streaks].flatMap(([drone, streak]) => (hasNotch(roll, drone, streak) ? drone : [])),
    ).toEqual([0]);
  });

  it('has an entry in the legend, and so has each cell of the history', () => {
    expect([...lettersOf(roll, streaks, 'last')].sort()).toEqual([' ', 'F', 'd', 'o']);
    expect([...lettersOf(roll, streaks, 'all')].sort()).toEqual([' ', '-', 'F', 'U', 'd', 'o']);
  });
});

describe('a search', () => {
  const roll = {
    drones: ['lab1', 'lab2', 'lab3', 'gw1', 'constructor'],
    disabled: ['lab3'],
    groups: { rack: ['lab1', 'lab2'] },
  };
  const found = (text: string) => {
    const result = search(text, roll);
    return result.kind === 'some' ? [...result.drones] : result;
  };

  it.each([
    ['@rack!lab1', ['lab2']],
    ['lab[1-3]', ['lab1', 'lab2', 'lab3']],
    ['lab*,gw1', ['lab1', 'lab2', 'gw1']],
    ['b2', ['lab2']],
    ['construct', ['constructor']],
    ['  ', { kind: 'all' }],
    ['@constructor', { kind: 'error', message: expect.stringContaining('@constructor') as string }],
    ['lab[1-', { kind: 'error', message: expect.any(String) as string }],
    ['lab9', { kind: 'error', message: 'no drone is called lab9; did you mean lab1?' }],
  ])('%j', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });
});

describe('the heat map', () => {
  it('has each drone where it draws it, and nobody beyond', () => {
    const cells = layOut('cells', 100, 10, 50);
    expect(cells).toMatchObject({ columns: 6, rows: 2, height: 32 });
    expect(droneAt(cells, 10, 17, 17)).toBe(7);
    expect(droneAt(cells, 10, 97, 1)).toBeUndefined();
    expect(droneAt(cells, 10, 90, 20)).toBeUndefined();
    const history = layOut('history', 400, 10, 50);
    expect(droneAt(history, 10, 5, 18 * 9 + 1)).toBe(9);
    expect(droneAt(history, 10, 5, 18 * 10)).toBeUndefined();
  });

  it('shows as many ticks as can be read, the newest of them', () => {
    expect(layOut('history', 296, 10, 50, 14)).toMatchObject({ label: 128, cell: 10, columns: 16 });
    expect(layOut('history', 1400, 10, 50, 14)).toMatchObject({ cell: 18, columns: 50 });
    expect(layOut('history', 296, 10, 50, 60).label).toBe(133);
  });

  it('is walked through with keys, and not left', () => {
    const cells = layOut('cells', 100, 10, 50);
    expect(step(cells, 'ArrowDown', 1, 10)).toBe(7);
    expect(step(cells, 'ArrowDown', 7, 10)).toBe(9);
    expect(step(cells, 'ArrowLeft', 0, 10)).toBe(0);
    expect(step(cells, 'End', 0, 10)).toBe(9);
    expect(step(cells, 'Tab', 0, 10)).toBeUndefined();
  });
});
