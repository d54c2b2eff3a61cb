import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionLostError } from '../shell.js';
import { ChannelSlots } from './channel-slots.js';

const never = () => new AbortController().signal;

/** Asks for `count` channels, and notes who may open one. */
async function ask(slots: ChannelSlots, admitted: string[], ...names: string[]) {
  const asked = names.map((name) => slots.enter(never(), false).then(() => admitted.push(name)));
  await Promise.all(asked);
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('channel slots', () => {
  it('know no limit until the server refuses, and wait for a channel to close then', async () => {
    const slots = new ChannelSlots();
    const admitted: string[] = [];
    await ask(slots, admitted, 'a', 'b', 'c');
    slots.opened();
    slots.opened();
    slots.refused();
    void slots.enter(never(), true).then(() => admitted.push('c again'));
    void ask(slots, admitted, 'd');
    await vi.advanceTimersByTimeAsync(0);
    expect(admitted).toEqual(['a', 'b', 'c']);
    slots.leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(admitted).toEqual(['a', 'b', 'c', 'c again']);
    slots.leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(admitted).toEqual(['a', 'b', 'c', 'c again', 'd']);
  });

  it('ask again after a while, and learn that there is more room than they thought', async () => {
    const slots = new ChannelSlots();
    const admitted: string[] = [];
    await ask(slots, admitted, 'a', 'b');
    slots.opened();
    slots.refused();
    void slots.enter(never(), true).then(() => admitted.push('b again'));
    await vi.advanceTimersByTimeAsync(999);
    expect(admitted).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(1);
    expect(admitted).toEqual(['a', 'b', 'b again']);
    slots.opened();
    slots.leave();
    await ask(slots, admitted, 'c');
    expect(slots.inUse).toBe(2);
  });

  it('do not ask a server that refuses the only channel without a pause', async () => {
    const slots = new ChannelSlots();
    const admitted: string[] = [];
    await ask(slots, admitted, 'a');
    slots.refused();
    void slots.enter(never(), true).then(() => admitted.push('a again'));
    await vi.advanceTimersByTimeAsync(999);
    expect(admitted).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(admitted).toEqual(['a', 'a again']);
  });

  it('give up when asked to', async () => {
    const slots = new ChannelSlots();
    const admitted: string[] = [];
    await ask(slots, admitted, 'a', 'b');
    slots.opened();
    slots.refused();
    const abort = new AbortController();
    const waiting = slots.enter(abort.signal, true);
    void ask(slots, admitted, 'c');
    abort.abort();
    await expect(waiting).rejects.toThrow(SessionLostError);
    await expect(slots.enter(abort.signal, false)).rejects.toThrow(SessionLostError);
    slots.leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(admitted).toEqual(['a', 'b', 'c']);
  });

  it('tell all who wait that the connection is lost', async () => {
    const slots = new ChannelSlots();
    await slots.enter(never(), false);
    await slots.enter(never(), false);
    slots.opened();
    slots.refused();
    const waiting = [slots.enter(never(), true), slots.enter(never(), false)];
    const lost = new SessionLostError('gone');
    slots.close(lost);
    expect(await Promise.allSettled(waiting)).toEqual([
      { status: 'rejected', reason: lost },
      { status: 'rejected', reason: lost },
    ]);
    await expect(slots.enter(never(), false)).rejects.toBe(lost);
    expect(vi.getTimerCount()).toBe(0);
  });
});
