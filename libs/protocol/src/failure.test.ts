import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeFailure, groupByReason, type Misfortune } from './failure.js';
import { expandNodeSet } from './node-set/index.js';
import { OUTCOMES } from './outcome.js';

describe('describeFailure', () => {
  it('names every bad drone, folded, with its reason', () => {
    const bad = new Map<string, Misfortune>([
      ['lab017', { outcome: 'unreachable', error: { message: '…' } }],
      ['lab018', { outcome: 'unreachable', error: { message: '…' } }],
      ['lab203', { outcome: 'call_failed', error: { message: 'call 2, exec: …', call: 2 } }],
    ]);
    expect(describeFailure(bad, 400)).toEqual({
      message:
        '3 of 400 drones failed: lab203 call_failed (call 2, exec: …); lab[017-018] unreachable (…)',
      drones: {
        lab017: { outcome: 'unreachable', message: '…', call: null },
        lab018: { outcome: 'unreachable', message: '…', call: null },
        lab203: { outcome: 'call_failed', message: 'call 2, exec: …', call: 2 },
      },
    });
  });

  it("folds the contract's six unreachable drones", () => {
    const bad = new Map<string, Misfortune>(
      expandNodeSet('lab[094-099]').map((drone) => [
        drone,
        { outcome: 'unreachable', error: { message: 'refused' } },
      ]),
    );
    bad.set('lab002', { outcome: 'call_failed', error: { message: 'exit 1', call: 0 } });
    expect(describeFailure(bad, 100).message).toBe(
      '7 of 100 drones failed: lab002 call_failed (exit 1); lab[094-099] unreachable (refused)',
    );
  });

  it.each<[string, [string, Misfortune][], number, string | undefined, string]>([
    [
      'a single drone',
      [['a', { outcome: 'timed_out', error: { message: 'still running' } }]],
      1,
      undefined,
      '1 of 1 drone failed: a timed_out (still running)',
    ],
    [
      'a drone without a reason',
      [['a', { outcome: 'quarantined', error: null }]],
      2,
      undefined,
      '1 of 2 drones failed: a quarantined',
    ],
    [
      'an empty reason',
      [['a', { outcome: 'rejected', error: { message: ' ' } }]],
      2,
      undefined,
      '1 of 2 drones failed: a rejected',
    ],
    ['nobody', [], 3, undefined, '0 of 3 drones failed'],
    [
      'a lead',
      [['a', { outcome: 'cancelled', error: { message: 'stop' } }]],
      2,
      'cancelled (stop)',
      'cancelled (stop); 1 of 2 drones failed: a cancelled (stop)',
    ],
    [
      'reasons that differ, in the order of the drones whatever came first',
      [
        ['b', { outcome: 'unreachable', error: { message: 'no route' } }],
        ['a', { outcome: 'unreachable', error: { message: 'refused' } }],
      ],
      2,
      undefined,
      '2 of 2 drones failed: a unreachable (refused); b unreachable (no route)',
    ],
    [
      'reasons that are the same on one line',
      [
        ['a1', { outcome: 'unreachable', error: { message: 'no\nroute' } }],
        ['a2', { outcome: 'unreachable', error: { message: '\u001b[31mno route\u001b[0m' } }],
      ],
      2,
      undefined,
      '2 of 2 drones failed: a[1-2] unreachable (no route)',
    ],
  ])('says %s', (_, bad, size, lead, message) => {
    expect(describeFailure(new Map(bad), size, lead).message).toBe(message);
  });

  it('is one line, and says one line of each drone, whatever the messages hold', () => {
    fc.assert(
      fc.property(misfortunes, fc.option(hostileText, { nil: undefined }), (bad, lead) => {
        const { message, drones } = describeFailure(bad, bad.size, lead);
        for (const line of [message, ...Object.values(drones).map((drone) => drone.message)]) {
          expect(line).not.toMatch(NOT_ON_ONE_LINE);
        }
        expect(Object.keys(drones).sort()).toEqual([...bad.keys()].sort());
      }),
    );
  });
});

describe('groupByReason', () => {
  it('puts each bad drone into exactly one group, and the groups in the order of OUTCOMES', () => {
    fc.assert(
      fc.property(misfortunes, (bad) => {
        const groups = groupByReason(bad);
        expect(groups.flatMap(({ drones }) => drones).sort()).toEqual([...bad.keys()].sort());
        const order = groups.map(({ outcome }) => OUTCOMES.indexOf(outcome));
        expect(order).toEqual([...order].sort((a, b) => a - b));
        const reasons = groups.map(({ outcome, message }) => `${outcome} ${message}`);
        expect(new Set(reasons).size).toBe(groups.length);
        for (const { drones, outcome } of groups) {
          for (const drone of drones) expect(bad.get(drone)?.outcome).toBe(outcome);
        }
      }),
    );
  });
});

/** What would end a line, or move or colour what a terminal shows. */
const NOT_ON_ONE_LINE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** Any characters, lone surrogates among them. */
const anyText = fc.string({
  unit: fc.oneof(fc.nat(0x2100), fc.nat(0x10ffff)).map((code) => String.fromCodePoint(code)),
});

const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\r\n',
        '\u2028',
        '\u0085',
        '\u001b[2J',
        '\u001b]0;t\u0007',
        '\u202e',
        '\0',
      ),
      fc.constantFrom('; lab9 ok (', ')', '\u001b', '\u009b31m', '💥', '\ud83d'),
      anyText,
    ),
  )
  .map((parts) => parts.join(''));

const misfortunes: fc.Arbitrary<ReadonlyMap<string, Misfortune>> = fc
  .array(
    fc.tuple(
      fc.nat(50).map((number) => `lab${String(number)}`),
      fc.record({
        outcome: fc.constantFrom(...OUTCOMES.filter((outcome) => outcome !== 'ok')),
        error: fc.option(fc.record({ message: hostileText })),
      }),
    ),
    { minLength: 1 },
  )
  .map((pairs) => new Map(pairs));
