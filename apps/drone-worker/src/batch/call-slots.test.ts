import { expect, it } from 'vitest';
import { CallSlots } from './call-slots.js';

const never = () => new AbortController().signal;

/** Whether a promise has settled by now. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

it('lets in as many as the drone takes, and the next when one leaves', async () => {
  const slots = new CallSlots();
  const leave = await slots.enter('box1', 2, never());
  await slots.enter('box1', 2, never());
  const third = slots.enter('box1', 2, never());
  const fourth = slots.enter('box1', 2, never());
  expect(await settled(third)).toBe(false);
  leave();
  await third;
  expect(await settled(fourth)).toBe(false);
});

it('knows drones apart, and no limit where none is set', async () => {
  const slots = new CallSlots();
  await slots.enter('box1', 1, never());
  await slots.enter('box2', 1, never());
  await slots.enter('box3', undefined, never());
  await slots.enter('box3', undefined, never());
});

it('does not keep a call waiting whose batch is told to end', async () => {
  const slots = new CallSlots();
  const leave = await slots.enter('box1', 1, never());
  const ending = new AbortController();
  const second = slots.enter('box1', 1, ending.signal);
  const third = slots.enter('box1', 1, never());
  ending.abort();
  (await second)();
  expect(await settled(third)).toBe(false);
  leave();
  await third;
});
