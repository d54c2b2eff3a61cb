import { expect, it } from 'vitest';
import { TransferSlots } from './transfer-slots.js';

it('behaviour 35: 50 transfers may run at once, and the next when one of them is over', async () => {
  const slots = new TransferSlots();
  const { signal } = new AbortController();
  const leave = await Promise.all(Array.from({ length: 50 }, () => slots.enter(signal)));
  let entered = false;
  const next = slots.enter(signal).then(() => {
    entered = true;
  });
  await Promise.resolve();
  await Promise.resolve();
  expect(entered).toBe(false);
  leave[0]?.();
  await next;
  expect(entered).toBe(true);
});
