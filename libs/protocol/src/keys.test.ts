import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchJobId,
  batchName,
  DEFAULT_PREFIX,
  droneQueue,
  keys,
  parseTickId,
  siteQueue,
  tickId,
  GATES_QUEUE,
  TICKS_QUEUE,
} from './keys.js';
import { isName } from './names.js';

describe('tickId', () => {
  it('is the lane and the number', () => {
    expect(tickId('default', 42)).toBe('default-42');
  });

  it('is undone by parseTickId, for any lane and number', () => {
    fc.assert(
      fc.property(names, epochs, (lane, epoch) => {
        expect(parseTickId(tickId(lane, epoch))).toEqual({ lane, epoch });
      }),
    );
  });

  it('differs for different lanes and numbers', () => {
    fc.assert(
      fc.property(names, epochs, names, epochs, (lane, epoch, otherLane, otherEpoch) => {
        const same = lane === otherLane && epoch === otherEpoch;
        expect(tickId(lane, epoch) === tickId(otherLane, otherEpoch)).toBe(same);
      }),
    );
  });

  it('is a name, so that no part of a key can be mistaken for another', () => {
    fc.assert(
      fc.property(names, epochs, (lane, epoch) => {
        expect(isName(tickId(lane, epoch))).toBe(true);
      }),
    );
  });
});

describe('parseTickId', () => {
  it('takes the last number: lanes may end in one', () => {
    expect(parseTickId('rack-1-42')).toEqual({ lane: 'rack-1', epoch: 42 });
    expect(parseTickId('a--7')).toEqual({ lane: 'a-', epoch: 7 });
  });

  it.each(['', 'default', 'default-', 'default-0', 'default-042', '-1', 'default--', 'a b-1'])(
    'finds none in %j',
    (id) => {
      expect(parseTickId(id)).toBeUndefined();
    },
  );

  it.each(['default-x', 'default-1.5', 'default-1\n', 'default-1e3', ' default-1', 'a:b-1'])(
    'finds none in %j',
    (id) => {
      expect(parseTickId(id)).toBeUndefined();
    },
  );
});

describe('batchJobId', () => {
  it('never is the same for different drones or ticks', () => {
    fc.assert(
      fc.property(jobs, jobs, (one, other) => {
        const same = one.drone === other.drone && one.tick === other.tick;
        expect(batchJobId(one.drone, one.tick) === batchJobId(other.drone, other.tick)).toBe(same);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['a-1', 'b-1', 'a', '1-b-1'],
    ['a.b', 'c-1', 'a', 'b.c-1'],
    ['a', 'b-1-1', 'a-b', '1-1'],
  ])('keeps %s of %s apart from %s of %s', (drone, tick, otherDrone, otherTick) => {
    expect(batchJobId(drone, tick)).not.toBe(batchJobId(otherDrone, otherTick));
  });

  it("holds no colon, which is BullMQ's own", () => {
    fc.assert(
      fc.property(jobs, ({ drone, tick }) => {
        expect(batchJobId(drone, tick)).not.toContain(':');
      }),
    );
  });
});

describe('queues', () => {
  it('of sites, drones, ticks and gates are never the same', () => {
    fc.assert(
      fc.property(names, names, (site, drone) => {
        const all = [siteQueue(site), droneQueue(drone), TICKS_QUEUE, GATES_QUEUE];
        expect(new Set(all).size).toBe(4);
        expect(siteQueue(site) === siteQueue(drone)).toBe(site === drone);
        expect(droneQueue(site) === droneQueue(drone)).toBe(site === drone);
      }),
    );
  });

  it('behaviour 15: show a batch as lane and drone', () => {
    expect(batchName('default', 'lab001')).toBe('default.lab001');
  });
});

describe('keys', () => {
  const ofTicks = [
    keys.tick,
    keys.roster,
    keys.batches,
    keys.claims,
    keys.journal,
    keys.reports,
    keys.outputs,
    keys.arrivals,
  ];
  const single = [
    keys.deadlines,
    keys.ticks,
    keys.retention,
    keys.workers,
    keys.presence,
    keys.lastOutcomes,
    keys.control,
  ];

  it('begin with the prefix, whose hash tag keeps them in one slot', () => {
    const all = [
      keys.lane(DEFAULT_PREFIX, 'default'),
      ...ofTicks.map((key) => key(DEFAULT_PREFIX, 'default-1')),
      ...single.map((key) => key(DEFAULT_PREFIX)),
      keys.closedTicks(DEFAULT_PREFIX, 'default'),
    ];
    for (const key of all) expect(key).toMatch(/^\{muster\}:[a-z]/);
  });

  it('of different things are never the same, whatever their names', () => {
    fc.assert(
      fc.property(fc.uniqueArray(names, { minLength: 1, maxLength: 5 }), (some) => {
        const all = [
          ...some.map((name) => keys.lane('{m}', name)),
          ...some.flatMap((name) => ofTicks.map((key) => key('{m}', name))),
          ...single.map((key) => key('{m}')),
          // BullMQ's own keys begin so.
          `{m}:${TICKS_QUEUE}`,
          `{m}:${GATES_QUEUE}`,
          ...some.flatMap((name) => [`{m}:${siteQueue(name)}`, `{m}:${droneQueue(name)}`]),
        ];
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});

/** Names that are likely to be mistaken for one another: few letters, many dots, dashes, digits. */
const names = fc
  .tuple(
    fc.constantFrom('a', 'B', '1'),
    fc.array(fc.constantFrom('a', '1', '0', '-', '.', '_', 'site', 'tick', 'drone'), {
      maxLength: 6,
    }),
  )
  .map(([first, rest]) => first + rest.join(''));

const epochs = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);

const jobs = fc.record({
  drone: names,
  tick: fc.tuple(names, epochs).map(([lane, epoch]) => tickId(lane, epoch)),
});
