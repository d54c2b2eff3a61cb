import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, type ClaimFact, type CombineInput } from './combine.js';
import { describeFailure, type Misfortune } from './failure.js';
import { judgeRecord } from './judge-record.js';
import { entryOfUnreported } from './missing-entry.js';
import { expandNodeSet } from './node-set/index.js';
import { OUTCOME_LETTERS, OUTCOMES, type Outcome } from './outcome.js';
import { formatPolicy, policyMet, POLICY_ALL, type Policy } from './policy.js';
import type { DroneEntry } from './record.js';

const OK: Misfortune = { outcome: 'ok', error: null };

describe('combine', () => {
  it('is ok, without a message, when every drone reported ok', () => {
    const reports = new Map([
      ['lab1', OK],
      ['lab2', OK],
    ]);
    expect(combine(tick({ roster: ['lab1', 'lab2'], reports }))).toEqual({
      status: 'ok',
      counts: { ok: 2 },
      message: null,
      missing: [],
      outcomes: 'oo',
    });
  });

  it('says what each bad drone reported', () => {
    const reports = new Map<string, Misfortune>([
      ['gw1', OK],
      ['lab1', { outcome: 'unreachable', error: { message: 'refused' } }],
      ['lab2', { outcome: 'unreachable', error: { message: 'refused' } }],
    ]);
    expect(combine(tick({ roster: ['gw1', 'lab1', 'lab2'], reports }))).toEqual({
      status: 'failed',
      counts: { ok: 1, unreachable: 2 },
      message: '2 of 3 drones failed: lab[1-2] unreachable (refused)',
      missing: [],
      outcomes: 'oUU',
    });
  });

  it('keeps what a tolerated drone reported, and is ok', () => {
    const reports = new Map<string, Misfortune>([
      ['lab1', OK],
      ['lab2', { outcome: 'call_failed', error: { message: 'exit 1', call: 0 } }],
    ]);
    const policy: Policy = [{ rule: 'max', count: 1 }];
    expect(combine(tick({ roster: ['lab1', 'lab2'], reports, policy }))).toEqual({
      status: 'ok',
      counts: { ok: 1, call_failed: 1 },
      message: null,
      missing: [],
      outcomes: 'oF',
    });
  });

  it('names also the tolerated drones once the policy is not met', () => {
    const reports = new Map<string, Misfortune>([
      ['gw1', { outcome: 'unreachable', error: { message: 'refused' } }],
      ['lab1', OK],
      ['lab2', { outcome: 'call_failed', error: { message: 'exit 1', call: 0 } }],
    ]);
    const policy: Policy = [{ rule: 'must', drones: ['gw1'] }];
    expect(combine(tick({ roster: ['gw1', 'lab1', 'lab2'], reports, policy }))).toMatchObject({
      status: 'failed',
      message: '2 of 3 drones failed: lab2 call_failed (exit 1); gw1 unreachable (refused)',
    });
  });

  it('says of a batch that nobody claimed whether any worker serves the drone', () => {
    const input = tick({
      roster: ['edge1', 'lab1', 'lab2'],
      ending: 'deadline',
      isServed: (drone) => drone !== 'edge1',
    });
    expect(combine(input)).toEqual({
      status: 'failed',
      counts: { never_started: 3 },
      message:
        '3 of 3 drones failed: edge1 never_started (no worker serves it); ' +
        'lab[1-2] never_started (its workers did not take the batch before the deadline)',
      missing: [
        {
          drones: 'edge1',
          outcome: 'never_started',
          error: { message: 'no worker serves it' },
          worker: null,
          attempts: 0,
        },
        {
          drones: 'lab[1-2]',
          outcome: 'never_started',
          error: { message: 'its workers did not take the batch before the deadline' },
          worker: null,
          attempts: 0,
        },
      ],
      outcomes: 'NNN',
    });
  });

  it.each([undefined, 'unconfirmed', 'confirmed'] as const)(
    'says worker_lost of a batch that was claimed and not reported, its call ended: %s',
    (ended) => {
      const claims = new Map<string, ClaimFact>([['lab1', { worker: 'h:1', attempts: 2, ended }]]);
      expect(combine(tick({ roster: ['lab1'], ending: 'deadline', claims }))).toEqual({
        status: 'failed',
        counts: { worker_lost: 1 },
        message:
          '1 of 1 drone failed: lab1 worker_lost (worker h:1 held the batch and did not report)',
        missing: [
          {
            drones: 'lab1',
            outcome: 'worker_lost',
            error: {
              message: 'worker h:1 held the batch and did not report',
              ended: ended ?? 'unconfirmed',
            },
            worker: 'h:1',
            attempts: 2,
          },
        ],
        outcomes: 'L',
      });
    },
  );

  it.each([
    [
      { message: 'no route', call: 1 },
      { message: 'no route', call: 1 },
    ],
    [null, { message: 'no reason given' }],
  ])('gives a batch that waited for a retry its last outcome: %j', (error, said) => {
    const lastAttempt: Misfortune = { outcome: 'unreachable', error };
    const claims = new Map([['lab1', { worker: 'h:1', attempts: 3, lastAttempt }]]);
    expect(combine(tick({ roster: ['lab1'], ending: 'deadline', claims })).missing).toEqual([
      { drones: 'lab1', outcome: 'unreachable', error: said, worker: 'h:1', attempts: 3 },
    ]);
  });

  it('cancels what was not reported: waiting, held, or between two attempts', () => {
    const claims = new Map<string, ClaimFact>([
      ['held', { worker: 'h:1', attempts: 1, ended: 'confirmed' }],
      ['frozen', { worker: 'h:2', attempts: 1 }],
      [
        'retried',
        { worker: 'h:3', attempts: 2, lastAttempt: { outcome: 'unreachable', error: null } },
      ],
    ]);
    const verdict = combine(
      tick({
        roster: ['done', 'held', 'frozen', 'retried', 'waiting'],
        reports: new Map([['done', OK]]),
        ending: 'cancelled',
        cancelReason: 'wrong rack',
        claims,
      }),
    );
    const message = 'wrong rack';
    expect(verdict).toEqual({
      status: 'cancelled',
      counts: { ok: 1, cancelled: 4 },
      message:
        'cancelled (wrong rack); 4 of 5 drones failed: ' +
        'frozen,held,retried,waiting cancelled (wrong rack)',
      missing: [
        missing('held', { message, ended: 'confirmed' }, 'h:1', 1),
        missing('frozen', { message, ended: 'unconfirmed' }, 'h:2', 1),
        missing('retried', { message }, 'h:3', 2),
        missing('waiting', { message }, null, 0),
      ],
      outcomes: 'oCCCC',
    });
    function missing(drones: string, error: object, worker: string | null, attempts: number) {
      return { drones, outcome: 'cancelled', error, worker, attempts };
    }
  });

  it.each([undefined, '', ' \n'])(
    'says that it was cancelled also without a reason: %j',
    (reason) => {
      const verdict = combine(tick({ roster: ['a'], ending: 'cancelled', cancelReason: reason }));
      expect(verdict.message).toBe(
        'cancelled; 1 of 1 drone failed: a cancelled (the tick was cancelled)',
      );
      expect(verdict.missing[0]?.error).toEqual({ message: 'the tick was cancelled' });
    },
  );

  it('keeps the reason of a cancel on one line, wherever it is said', () => {
    const cancelReason = 'bad\nday\u001b[2J';
    const verdict = combine(tick({ roster: ['a'], ending: 'cancelled', cancelReason }));
    expect(verdict.message).toBe('cancelled (bad day); 1 of 1 drone failed: a cancelled (bad day)');
    expect(verdict.missing[0]?.error).toEqual({ message: 'bad day' });
  });

  it('is ok when the cancel came after every drone was done', () => {
    const verdict = combine(
      tick({ roster: ['a'], ending: 'cancelled', reports: new Map([['a', OK]]) }),
    );
    expect(verdict).toMatchObject({ status: 'ok', message: null });
  });

  it('is cancelled, whatever the policy tolerates', () => {
    const policy: Policy = [{ rule: 'max', count: 5 }];
    expect(combine(tick({ roster: ['a'], ending: 'cancelled', policy })).status).toBe('cancelled');
  });

  it("takes no stranger's report as one of a drone that must be ok", () => {
    const verdict = combine(
      tick({
        roster: ['a'],
        reports: new Map([
          ['a', OK],
          ['stranger', OK],
        ]),
        policy: [{ rule: 'must', drones: ['stranger'] }],
      }),
    );
    expect(verdict).toMatchObject({ status: 'failed', counts: { ok: 1 } });
  });

  describe('for any roster, reports, claims and ending', () => {
    it('gives each drone of the roster, and nobody else, exactly one outcome', () => {
      fc.assert(
        fc.property(ticks, (input) => {
          const { counts, missing, outcomes: said } = combine(input);
          const outcomes = new Map<string, Outcome>();
          const give = (drone: string, outcome: Outcome) => {
            expect(outcomes.has(drone)).toBe(false);
            outcomes.set(drone, outcome);
          };
          for (const drone of input.roster) {
            const report = input.reports.get(drone);
            if (report !== undefined) give(drone, report.outcome);
          }
          for (const { drones, outcome } of missing) {
            for (const drone of expandNodeSet(drones)) give(drone, outcome);
          }
          expect([...outcomes.keys()].sort()).toEqual([...input.roster].sort());
          const counted: Partial<Record<Outcome, number>> = {};
          for (const outcome of outcomes.values()) counted[outcome] = (counted[outcome] ?? 0) + 1;
          expect(counts).toEqual(counted);
          const sum = Object.values(counts).reduce((total, count) => total + count, 0);
          expect(sum).toBe(input.roster.length);
          const letters = input.roster.map((drone) => OUTCOME_LETTERS[outcomes.get(drone) ?? 'ok']);
          expect(said).toBe(letters.join(''));
        }),
      );
    });

    it('says of a drone without a report what is known of it', () => {
      fc.assert(
        fc.property(ticks, (input) => {
          for (const { drones, outcome, error, worker, attempts } of combine(input).missing) {
            for (const drone of expandNodeSet(drones)) {
              const claim = input.claims.get(drone);
              expect(input.reports.has(drone)).toBe(false);
              expect({ worker, attempts }).toEqual({
                worker: claim?.worker ?? null,
                attempts: claim?.attempts ?? 0,
              });
              expect(outcome).toBe(expectedOutcome(input.ending, claim));
              expect(error.message).not.toBe('');
            }
          }
        }),
      );
    });

    it('names exactly the bad drones in its message', () => {
      fc.assert(
        fc.property(ticks, (input) => {
          const { status, message, missing } = combine(input);
          const bad = badDrones(input, missing);
          const described = describeFailure(bad, input.roster.length);
          expect(Object.keys(described.drones).sort()).toEqual([...bad.keys()].sort());
          if (status === 'ok') expect(message).toBeNull();
          else expect(namedIn(message ?? '').sort()).toEqual([...bad.keys()].sort());
        }),
      );
    });

    it('fails exactly when the policy is not met, and says cancelled only of unfinished ticks', () => {
      fc.assert(
        fc.property(ticks, (input) => {
          const { status, missing } = combine(input);
          const bad = badDrones(input, missing);
          const roster = new Set(input.roster);
          const isOk = (drone: string) => roster.has(drone) && !bad.has(drone);
          const met = policyMet(input.policy, input.roster, isOk);
          const isCancelled = input.ending === 'cancelled' && bad.size > 0;
          expect(status).toBe(isCancelled ? 'cancelled' : met ? 'ok' : 'failed');
        }),
      );
    });

    it('does not depend on the order in which anything arrived, and changes nothing', () => {
      const shuffledTicks = ticks.chain((input) =>
        fc.record({
          input: fc.constant(input),
          reports: shuffled([...input.reports]),
          claims: shuffled([...input.claims]),
        }),
      );
      fc.assert(
        fc.property(shuffledTicks, ({ input, reports, claims }) => {
          const before = JSON.stringify([...input.reports, ...input.claims, input.roster]);
          const verdict = JSON.stringify(combine(input));
          expect(JSON.stringify(combine(input))).toBe(verdict);
          const other = { ...input, reports: new Map(reports), claims: new Map(claims) };
          expect(JSON.stringify(combine(other))).toBe(verdict);
          expect(JSON.stringify([...input.reports, ...input.claims, input.roster])).toBe(before);
        }),
      );
    });

    it('is what judgeRecord makes of the record, once that was stored and read', () => {
      fc.assert(
        fc.property(ticks, (input) => {
          fc.pre(input.policy.every((rule) => rule.rule !== 'must' || rule.drones.length > 0));
          const { status, counts, message, missing } = combine(input);
          const drones = Object.fromEntries(
            [...fatesOf(input, missing)].map(([drone, fate]) => [drone, entryOf(fate)]),
          );
          const failure = message === null ? null : { message, drones: {} };
          const record = { status, policy: formatPolicy(input.policy), failure, drones };
          const read = JSON.parse(JSON.stringify(record)) as typeof record;
          expect(judgeRecord(read)).toEqual({ status, counts, message });
        }),
        { numRuns: 500 },
      );
    });

    it('gives a verdict that is the same after it was stored', () => {
      fc.assert(
        fc.property(ticks, (input) => {
          const verdict = combine(input);
          expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
        }),
      );
    });
  });

  it('folds the many drones of a large fleet that met the same fate', () => {
    const { missing } = combine(tick({ roster: expandNodeSet('lab[00001-10000]') }));
    expect(missing.map(({ drones }) => drones)).toEqual(['lab[00001-10000]']);
  });
});

function tick(some: Partial<CombineInput>): CombineInput {
  return {
    roster: [],
    policy: POLICY_ALL,
    ending: 'reports',
    deadlineMs: 60_000,
    reports: new Map(),
    claims: new Map(),
    isServed: () => true,
    ...some,
  };
}

function expectedOutcome(ending: CombineInput['ending'], claim: ClaimFact | undefined): Outcome {
  if (ending === 'cancelled') return 'cancelled';
  if (claim === undefined) return 'never_started';
  return claim.lastAttempt?.outcome ?? 'worker_lost';
}

/** What became of each drone of the roster, in its order. */
function fatesOf(
  { roster, reports }: CombineInput,
  missing: ReturnType<typeof combine>['missing'],
): Map<string, Misfortune> {
  const byDrone = new Map<string, Misfortune>(reports);
  for (const entry of missing) {
    for (const drone of expandNodeSet(entry.drones)) byDrone.set(drone, entry);
  }
  return new Map(
    roster.map((drone) => [drone, byDrone.get(drone) ?? { outcome: 'ok', error: null }]),
  );
}

function badDrones(
  input: CombineInput,
  missing: ReturnType<typeof combine>['missing'],
): Map<string, Misfortune> {
  return new Map([...fatesOf(input, missing)].filter(([, { outcome }]) => outcome !== 'ok'));
}

function entryOf(fate: Misfortune): DroneEntry {
  return { ...entryOfUnreported(['exec'], null), ...fate };
}

/** The drones that a failure's message names; the reasons below hold neither `;` nor `(`. */
function namedIn(message: string): string[] {
  const [, parts = ''] =
    /^(?:cancelled(?: \([^)]*\))?; )?\d+ of \d+ drones? failed(?:: (.*))?$/.exec(message) ?? [
      '',
      'unreadable',
    ];
  return parts
    .split('; ')
    .filter((part) => part !== '')
    .flatMap((part) => expandNodeSet(/^(\S+) [a-z_]+(?: \([^()]*\))?$/.exec(part)?.[1] ?? part));
}

const names = fc.oneof(
  fc.nat(30).map((number) => `lab${String(number).padStart(3, '0')}`),
  fc.constantFrom('gw-1', 'gw.1', 'a1b2', 'constructor', '7', 'x-1.y-2'),
);

const errors = fc.option(
  fc.record(
    {
      message: fc.constantFrom('', 'refused', 'exit 1', 'two\nlines', 'ended: [lab001]'),
      call: fc.nat(5),
      ended: fc.constantFrom('confirmed' as const, 'unconfirmed' as const),
    },
    { requiredKeys: ['message'] },
  ),
);

const fates = fc.record({ outcome: fc.constantFrom(...OUTCOMES), error: errors });

const BAD_OUTCOMES = OUTCOMES.filter((outcome) => outcome !== 'ok');

const claimFacts = fc.record(
  {
    worker: fc.constantFrom('h:1', 'h:2'),
    attempts: fc.integer({ min: 1, max: 3 }),
    ended: fc.constantFrom('confirmed' as const, 'unconfirmed' as const),
    lastAttempt: fc.record({ outcome: fc.constantFrom(...BAD_OUTCOMES), error: nonEmptyErrors() }),
  },
  { requiredKeys: ['worker', 'attempts'] },
);

function nonEmptyErrors() {
  return fc.option(fc.record({ message: fc.constantFrom('refused', 'no route') }));
}

const ticks: fc.Arbitrary<CombineInput> = fc.uniqueArray(names, { maxLength: 40 }).chain((all) =>
  // Half of the names may be strangers: they report, and are not in the roster.
  fc.record({
    roster: fc.shuffledSubarray(all),
    policy: policies(all),
    ending: fc.constantFrom('reports' as const, 'deadline' as const, 'cancelled' as const),
    deadlineMs: fc.constant(60_000),
    cancelReason: fc.constantFrom(undefined, '', 'wrong rack', 'two\nlines'),
    reports: mapOf(all, fates),
    claims: mapOf(all, claimFacts),
    isServed: fc.subarray(all).map((served) => (drone: string) => served.includes(drone)),
  }),
);

function policies(all: readonly string[]): fc.Arbitrary<Policy> {
  const must = fc.subarray([...all]).map((drones) => ({ rule: 'must' as const, drones }));
  return fc.array(
    fc.oneof(
      fc.constantFrom({ rule: 'all' as const }, { rule: 'any' as const }),
      fc.record({ rule: fc.constant('max' as const), count: fc.nat(10) }),
      fc.record({ rule: fc.constant('max-percent' as const), percent: fc.nat(100) }),
      must,
    ),
    { minLength: 1, maxLength: 3 },
  );
}

function mapOf<Value>(
  all: readonly string[],
  values: fc.Arbitrary<Value>,
): fc.Arbitrary<ReadonlyMap<string, Value>> {
  return fc
    .shuffledSubarray([...all])
    .chain((some) => fc.tuple(...some.map((name) => fc.tuple(fc.constant(name), values))))
    .map((pairs) => new Map(pairs));
}

function shuffled<Item>(items: Item[]): fc.Arbitrary<Item[]> {
  return fc.shuffledSubarray(items, { minLength: items.length });
}
