import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from './errors.js';
import { formatPolicy, parsePolicy, policyMet, POLICY_ALL, type Policy } from './policy.js';

describe('parsePolicy', () => {
  it.each<[string[], Policy]>([
    [['all'], [{ rule: 'all' }]],
    [['any'], [{ rule: 'any' }]],
    [['max=0'], [{ rule: 'max', count: 0 }]],
    [['max=12'], [{ rule: 'max', count: 12 }]],
    [['max=5%'], [{ rule: 'max-percent', percent: 5 }]],
    [['max=2.5%'], [{ rule: 'max-percent', percent: 2.5 }]],
    [['max=100%'], [{ rule: 'max-percent', percent: 100 }]],
    [['must=gw1'], [{ rule: 'must', drones: ['gw1'] }]],
    [['must=gw[1-2],lab7'], [{ rule: 'must', drones: ['gw1', 'gw2', 'lab7'] }]],
    [[' max = 3 '], [{ rule: 'max', count: 3 }]],
    [
      ['max=3', 'must=gw1'],
      [
        { rule: 'max', count: 3 },
        { rule: 'must', drones: ['gw1'] },
      ],
    ],
    [['any; max=3'], [{ rule: 'any' }, { rule: 'max', count: 3 }]],
    [[], POLICY_ALL],
  ])('reads %j', (texts, policy) => {
    expect(parsePolicy(texts)).toEqual(policy);
  });

  it('lets the caller say which drones an expression selects', () => {
    const resolve = (expression: string) => (expression === '@rack1!lab2' ? ['lab1', 'lab3'] : []);
    expect(parsePolicy(['must=@rack1!lab2'], resolve)).toEqual([
      { rule: 'must', drones: ['lab1', 'lab3'] },
    ]);
  });

  it.each([
    '',
    'none',
    'ALL',
    'all=1',
    'any=1',
    'max',
    'max=',
    'max=-1',
    'max=1.5',
    'max=101%',
    'max=100.1%',
    'max=%',
    'max=five',
    'max=1e3',
    'max=9007199254740992',
    'must',
    'must=',
    'min=3',
  ])('refuses %j, and says what was expected', (text) => {
    expect(() => parsePolicy([text])).toThrow(
      new InvalidInputError(
        `policy '${text}': expected 'all', 'any', 'max=N', 'max=P%' or 'must=EXPR'`,
      ),
    );
  });

  it('names the one rule of several that is wrong', () => {
    expect(() => parsePolicy(['any', 'max=2; max=x'])).toThrow(
      new InvalidInputError(
        "policy 'max=x': expected 'all', 'any', 'max=N', 'max=P%' or 'must=EXPR'",
      ),
    );
  });

  it('names the rule whose node set cannot be read', () => {
    expect(() => parsePolicy(['must=lab[1'])).toThrow(
      new InvalidInputError("policy 'must=lab[1': 'lab[1': expected a closing ']' at character 6"),
    );
  });

  it('refuses a rule that selects no drone, which nothing could break', () => {
    expect(() => parsePolicy(['must=a!a'], () => [])).toThrow(
      new InvalidInputError("policy 'must=a!a': it selects no drone"),
    );
  });

  it('leaves errors of the caller alone', () => {
    const error = new InvalidInputError('--policy must: no drone is called x');
    const resolve = () => {
      throw error;
    };
    expect(() => parsePolicy(['must=x'], resolve)).toThrow(error);
  });
});

describe('formatPolicy', () => {
  it.each<[Policy, string]>([
    [[{ rule: 'all' }], 'all'],
    [[{ rule: 'any' }, { rule: 'max', count: 3 }], 'any; max=3'],
    [[{ rule: 'max-percent', percent: 2.5 }], 'max=2.5%'],
    [[{ rule: 'must', drones: ['gw1', 'lab2', 'lab1'] }], 'must=gw1,lab[1-2]'],
    [[], 'all'],
  ])('writes %j', (policy, text) => {
    expect(formatPolicy(policy)).toBe(text);
  });

  it('is undone by parsePolicy, for any policy', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        expect(parsePolicy([formatPolicy(policy)])).toEqual(policy);
      }),
    );
  });

  it('undoes parsePolicy once the rules are in their one form', () => {
    fc.assert(
      fc.property(policies.map(formatPolicy), (text) => {
        expect(formatPolicy(parsePolicy([text]))).toBe(text);
        expect(formatPolicy(parsePolicy(text.split('; ')))).toBe(text);
      }),
    );
  });
});

describe('policyMet', () => {
  const four = ['a', 'b', 'c', 'd'];

  it.each<[string, string[], boolean]>([
    ['all', [], true],
    ['all', ['b'], false],
    ['any', ['a', 'b', 'c'], true],
    ['any', ['a', 'b', 'c', 'd'], false],
    ['max=0', [], true],
    ['max=0', ['a'], false],
    ['max=2', ['a', 'b'], true],
    ['max=2', ['a', 'b', 'c'], false],
    ['max=50%', ['a', 'b'], true],
    ['max=50%', ['a', 'b', 'c'], false],
    ['max=0%', [], true],
    ['max=0%', ['a'], false],
    ['max=100%', ['a', 'b', 'c', 'd'], true],
    ['must=a,b', ['c', 'd'], true],
    ['must=a,b', ['b'], false],
    ['max=2; must=a', ['b', 'c'], true],
    ['max=2; must=a', ['a'], false],
    ['max=2; must=a', ['b', 'c', 'd'], false],
    ['any; max=100%', ['a', 'b', 'c', 'd'], false],
  ])('%s, bad: %j: %s', (text, bad, met) => {
    expect(policyMet(parsePolicy([text]), four, (drone) => !bad.includes(drone))).toBe(met);
  });

  it('takes no rules as all', () => {
    expect(policyMet([], four, () => true)).toBe(true);
    expect(policyMet([], four, (drone) => drone !== 'a')).toBe(false);
  });

  it('is met by nobody when there is nobody, but for any', () => {
    const met = (text: string) => policyMet(parsePolicy([text]), [], () => false);
    expect(['all', 'any', 'max=0', 'max=0%'].map(met)).toEqual([true, false, true, true]);
  });

  it('counts only the drones addressed', () => {
    const asked: string[] = [];
    const isOk = (drone: string) => asked.push(drone) > 0;
    expect(policyMet(POLICY_ALL, four, isOk)).toBe(true);
    expect(asked).toEqual(four);
  });

  it.each([
    ['64.1%', 1_000, 641],
    ['0.57%', 10_000, 57],
    ['0.07%', 10_000, 7],
    ['33.3%', 1_000, 333],
    ['5%', 20, 1],
  ])('max=%s of %i tolerates %i, and not one more', (percent, size, tolerated) => {
    const policy = parsePolicy([`max=${percent}`]);
    expect(policyMet(policy, ...outOf(size, tolerated))).toBe(true);
    expect(policyMet(policy, ...outOf(size, tolerated + 1))).toBe(false);
  });

  it('max=P% tolerates what exact arithmetic does, to the last digit', () => {
    const cases = fc
      .record({ size: fc.integer({ min: 1, max: 3_000 }), thousandths: fc.nat(100_000) })
      .chain(({ size, thousandths }) => {
        // Near the boundary, where a rounding would show.
        const boundary = Math.floor((thousandths * size) / 100_000);
        const bad = fc.integer({
          min: Math.max(0, boundary - 1),
          max: Math.min(size, boundary + 1),
        });
        return fc.record({ size: fc.constant(size), thousandths: fc.constant(thousandths), bad });
      });
    fc.assert(
      fc.property(cases, ({ size, thousandths, bad }) => {
        const percent = `${String(Math.floor(thousandths / 1_000))}.${String(thousandths % 1_000).padStart(3, '0')}`;
        const exactly = BigInt(bad) * 100_000n <= BigInt(thousandths) * BigInt(size);
        expect(policyMet(parsePolicy([`max=${percent}%`]), ...outOf(size, bad))).toBe(exactly);
      }),
      { numRuns: 500 },
    );
  });

  it('several rules are met exactly when each is', () => {
    fc.assert(
      fc.property(policies, fc.subarray(four), (policy, bad) => {
        const isOk = (drone: string) => four.includes(drone) && !bad.includes(drone);
        const each = policy.map((rule) => policyMet([rule], four, isOk));
        expect(policyMet(policy, four, isOk)).toBe(!each.includes(false));
      }),
    );
  });
});

/** A roster of that size, and of it so many bad. */
function outOf(size: number, bad: number): [string[], (drone: string) => boolean] {
  const roster = Array.from({ length: size }, (_, index) => `n${String(index)}`);
  const good = new Set(roster.slice(bad));
  return [roster, (drone) => good.has(drone)];
}

/** Drones in the order in which a node set that was read gives them. */
const droneLists = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'gw-1', 'lab001', 'lab002', 'lab010', 'x.y-2'), {
    minLength: 1,
  })
  .map((drones) => drones.sort());

const policies: fc.Arbitrary<Policy> = fc.array(
  fc.oneof(
    fc.constantFrom({ rule: 'all' as const }, { rule: 'any' as const }),
    fc.record({ rule: fc.constant('max' as const), count: fc.maxSafeNat() }),
    fc.record({
      rule: fc.constant('max-percent' as const),
      // -0 is written as 0.
      percent: fc.double({ min: 0, max: 100, noNaN: true }).map(Math.abs),
    }),
    fc.record({ rule: fc.constant('must' as const), drones: droneLists }),
  ),
  { minLength: 1, maxLength: 4 },
);
