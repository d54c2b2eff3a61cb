import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBatchOrder, summarizeMethods, type BatchOrder } from './batch-order.js';
import { WIRE_VERSION, WireError } from './wire-version.js';

const ORDER: BatchOrder = {
  v: WIRE_VERSION,
  tick: 'default-42',
  lane: 'default',
  epoch: 42,
  drone: 'lab001',
  batch: 0,
  summary: 'exec ×3, read',
};

describe('readBatchOrder', () => {
  it('gives back any order that has travelled', () => {
    fc.assert(
      fc.property(orders, (order) => {
        expect(readBatchOrder(JSON.parse(JSON.stringify(order)))).toEqual(order);
      }),
    );
  });

  it('leaves out what it does not know', () => {
    expect(readBatchOrder({ ...ORDER, password: 'x' })).toEqual(ORDER);
  });

  it.each([
    [{ ...ORDER, v: 2 }, 'version 2'],
    [{ ...ORDER, v: 'next' }, 'version "next"'],
    [{ ...ORDER, v: undefined }, 'no version'],
    [null, 'no version'],
    ['order', 'no version'],
  ])('behaviour 48: names both versions of %j', (data, version) => {
    expect(() => readBatchOrder(data)).toThrow(
      new WireError(`version skew: the batch has ${version}, this Muster speaks version 1`),
    );
  });

  it.each([
    [{ tick: '' }, 'tick: expected string to have >=1 characters'],
    [{ tick: undefined }, 'tick: missing; expected string'],
    [{ lane: 'a b' }, 'lane: Invalid string: must match pattern'],
    [{ drone: '../x' }, 'drone: Invalid string: must match pattern'],
    [{ epoch: 0 }, 'epoch: expected number to be >0'],
    [{ epoch: 1.5 }, 'epoch: expected int, received number'],
    [{ batch: -1 }, 'batch: expected number to be >=0'],
    [{ summary: 5 }, 'summary: expected string, received number'],
  ])('refuses an order with %j', (wrong, message) => {
    const read = () => readBatchOrder({ ...ORDER, ...wrong });
    expect(read).toThrow(WireError);
    expect(read).toThrow(`not a batch order: ${message}`);
  });
});

describe('summarizeMethods', () => {
  it.each([
    [[], ''],
    [['exec'], 'exec'],
    [['exec', 'read', 'exec', 'exec'], 'exec ×3, read'],
  ])('says %j as %j', (methods, summary) => {
    expect(summarizeMethods(methods)).toBe(summary);
  });
});

const names = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);

const orders: fc.Arbitrary<BatchOrder> = fc.record({
  v: fc.constant(WIRE_VERSION),
  tick: fc.string({ minLength: 1 }),
  lane: names,
  epoch: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  drone: names,
  batch: fc.maxSafeNat(),
  summary: fc.string(),
});
