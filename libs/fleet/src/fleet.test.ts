import { describe, expect, it } from 'vitest';
import { parseFleet } from './parse-fleet.js';

const fleet = parseFleet(
  `version: 1
drones:
  lab[1-3]: { site: east }
  lab2: { enabled: false }
  box1: { transport: local, site: west }
  edge1: { transport: agent, site: nowhere }
groups: { rack1: "lab[1-2]" }
`,
  'fleet.yaml',
);

describe('Fleet', () => {
  it('knows its drones', () => {
    expect(fleet.names).toStrictEqual(['lab1', 'lab2', 'lab3', 'box1', 'edge1']);
    expect(fleet.size).toBe(5);
    expect(fleet.get('lab4')).toBeUndefined();
    expect(fleet.get('__proto__')).toBeUndefined();
    expect(fleet.enabled('lab1')).toBe(true);
    expect(fleet.enabled('lab2')).toBe(false);
    expect(fleet.enabled('lab4')).toBe(false);
  });

  it('has the sites that near workers serve', () => {
    expect(fleet.sites()).toStrictEqual(['east', 'west']);
  });

  it('has groups without their disabled members', () => {
    expect(fleet.groups).toStrictEqual(['rack1']);
    expect(fleet.group('rack1')).toStrictEqual(['lab1']);
    expect(fleet.group('rack2')).toBeUndefined();
  });

  it.each([
    ['*', ['lab1', 'lab3', 'box1', 'edge1']],
    ['@rack1', ['lab1']],
    ['box1,lab[1-2]', ['lab1', 'lab2', 'box1']],
    ['*!lab[1-3]', ['box1', 'edge1']],
    ['*&lab[1-3]', ['lab1', 'lab3']],
    ['lab1!lab1', []],
  ])('selects %s', (expression, names) => {
    expect(fleet.select(expression)).toStrictEqual(names);
  });

  it.each([
    ['lba1', 'no drone is called lba1; did you mean lab1?'],
    ['@rcak1', 'no group is called @rcak1; did you mean @rack1?'],
    ['lab[1-', "'lab[1-': expected a closing ']' at character 7"],
    ['', "'': expected a name, a wildcard or '@' and a group at character 1"],
  ])('refuses to select %j', (expression, message) => {
    expect(() => fleet.select(expression)).toThrow(
      expect.objectContaining({ code: 'MUSTER_INVALID_INPUT', message }),
    );
  });

  it('is immutable', () => {
    expect(Object.isFrozen(fleet.names)).toBe(true);
    expect(Object.isFrozen(fleet.groups)).toBe(true);
    expect(Object.isFrozen(fleet.group('rack1'))).toBe(true);
    expect(Object.isFrozen(fleet.get('lab1'))).toBe(true);
    expect(Object.isFrozen(fleet.get('lab1')?.tags)).toBe(true);
  });
});
