import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { HandshakeGate, type Pass } from './handshake-gate.js';

/** Lets `count` enter, and shows who is in. */
function crowd(gate: HandshakeGate, names: readonly { address: string; server?: string }[]) {
  const inside: { address: string; pass: Pass }[] = [];
  const abort = new AbortController();
  setMaxListeners(names.length, abort.signal);
  const asked = names.map(async ({ address, server = null }) => {
    const pass = await gate.enter(address, server, abort.signal);
    if (pass !== null) inside.push({ address, pass });
    return pass;
  });
  const leave = (how: 'taken' | 'busy' | 'failed') => {
    const first = inside.shift();
    if (first === undefined) throw new Error('nobody is inside');
    first.pass.done(how);
    return first.address;
  };
  return { inside, abort, asked, leave };
}

/** The gate answers in microtasks. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const drones = (count: number, server?: string) =>
  Array.from({ length: count }, (_, index) => {
    const address = `127.1.0.${index}:22`;
    return server === undefined ? { address } : { address, server };
  });

describe('the gate', () => {
  it('keeps to the limit of the worker, and lets in who came first', async () => {
    const gate = new HandshakeGate({ maxHandshakes: 2, maxHandshakesPerAddress: 8 });
    const { inside, leave } = crowd(gate, drones(4));
    await settled();
    expect(inside.map(({ address }) => address)).toEqual(['127.1.0.0:22', '127.1.0.1:22']);
    leave('failed');
    await settled();
    expect(inside.map(({ address }) => address)).toEqual(['127.1.0.1:22', '127.1.0.2:22']);
  });

  it('lets others pass those whose own address is full', async () => {
    const gate = new HandshakeGate({ maxHandshakes: 10, maxHandshakesPerAddress: 2 });
    const same = Array.from({ length: 5 }, () => ({ address: 'gw1:22' }));
    const { inside } = crowd(gate, [...same, { address: 'lab001:22' }]);
    await settled();
    expect(inside.map(({ address }) => address)).toEqual(['gw1:22', 'gw1:22', 'lab001:22']);
  });

  it('does not let silent servers hold up the worker', async () => {
    const gate = new HandshakeGate({ maxHandshakes: 1, maxHandshakesPerAddress: 8 });
    const { inside, leave } = crowd(gate, drones(3));
    await settled();
    inside[0]?.pass.stalled();
    await settled();
    expect(inside).toHaveLength(2);
    // The stalled one gave its place back already: its end lets in nobody.
    leave('failed');
    await settled();
    expect(inside).toHaveLength(1);
  });

  it('learns what a server with many addresses takes, and tries a little more later', async () => {
    const gate = new HandshakeGate({ maxHandshakes: 50, maxHandshakesPerAddress: 8 });
    const { inside, leave } = crowd(gate, drones(60, 'one key'));
    await settled();
    expect(inside).toHaveLength(8);
    for (let taken = 0; taken < 4; taken += 1) leave('taken');
    await settled();
    expect(inside).toHaveLength(12);
    leave('busy');
    leave('busy');
    await settled();
    expect(inside).toHaveLength(10);
    for (let taken = 0; taken < 10; taken += 1) {
      leave('taken');
      await settled();
    }
    expect(inside).toHaveLength(11);
  });

  it('takes no lesson for other servers', async () => {
    const gate = new HandshakeGate({ maxHandshakes: 50, maxHandshakesPerAddress: 8 });
    const bad = crowd(gate, [{ address: 'gw1:22', server: 'a' }]);
    await settled();
    bad.leave('busy');
    const { inside } = crowd(gate, drones(20, 'b'));
    const again = crowd(gate, [
      { address: 'gw1:22', server: 'a' },
      { address: 'gw1:22', server: 'a' },
    ]);
    await settled();
    expect(inside).toHaveLength(8);
    expect(again.inside).toHaveLength(1);
  });

  it('lets go of those who give up', async () => {
    const gate = new HandshakeGate({ maxHandshakes: 1, maxHandshakesPerAddress: 8 });
    const first = crowd(gate, drones(1));
    const second = crowd(gate, drones(2));
    const third = crowd(gate, drones(1));
    second.abort.abort();
    expect(await Promise.all(second.asked)).toEqual([null, null]);
    first.leave('taken');
    await settled();
    expect(third.inside).toHaveLength(1);
    expect(await gate.enter('lab001:22', null, second.abort.signal)).toBeNull();
  });
});
