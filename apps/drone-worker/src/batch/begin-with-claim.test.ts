import {
  DEFAULT_CALL_TIMEOUT_MS,
  InvalidInputError,
  type BatchOrder,
  type Call,
} from '@muster/protocol';
import type { DroneEntry } from '@muster/fleet';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { firstCallOf } from './begin-with-claim.js';

const ORDER: BatchOrder = {
  v: 1,
  tick: 'default-1',
  lane: 'default',
  drone: 'box1',
  epoch: 1,
  batch: 0,
  summary: '',
};
const LOCAL: DroneEntry = {
  name: 'box1',
  address: 'box1',
  transport: 'local',
  site: 'default',
  enabled: true,
  tags: [],
};

function call(effect: Call['effect'], method = 'work'): Call {
  return { method, args: {}, timeoutMs: DEFAULT_CALL_TIMEOUT_MS, effect };
}

function first(
  drone: Partial<DroneEntry> | undefined,
  calls: readonly Call[] | Error,
  isAtHand = () => true,
) {
  const work = { args: z.strictObject({}), effect: 'once' as const, run: () => null };
  return firstCallOf(ORDER, {
    droneEntry: () => drone && { ...LOCAL, ...drone },
    transportOf: () => ({ isAtHand, connect: () => Promise.reject(new Error('not asked for')) }),
    methods: new Map([['work', work]]),
    batches: {
      get: () => (calls instanceof Error ? Promise.reject(calls) : Promise.resolve(calls)),
    },
  });
}

it('a first call begins with the claim where the drone is at hand; journalled where it matters', async () => {
  expect(await first({}, [call('once')])).toBe('journalled');
  expect(await first({ transport: 'agent' }, [call('idempotent'), call('once')])).toBe(
    'journalled',
  );
  expect(await first({}, [call('read'), call('once')])).toBe('repeatable');
  expect(await first({ transport: 'ssh' }, [call('once')])).toBe('journalled');
});

it('not where something stands between the claim and the call', async () => {
  expect(await first({ transport: 'ssh' }, [call('once')], () => false)).toBeUndefined();
  const makesNoSense = () => {
    throw new InvalidInputError('its jump leads back to itself');
  };
  expect(await first({ transport: 'ssh' }, [call('once')], makesNoSense)).toBeUndefined();
  expect(await first({ maxConcurrentCalls: 3 }, [call('once')])).toBeUndefined();
  expect(await first({ methods: ['ping'] }, [call('once')])).toBeUndefined();
  expect(await first({}, [call('once', 'other')])).toBeUndefined();
  expect(await first({}, [])).toBeUndefined();
  expect(await first({}, new Error('gone'))).toBeUndefined();
  expect(await first(undefined, [call('once')])).toBeUndefined();
});
