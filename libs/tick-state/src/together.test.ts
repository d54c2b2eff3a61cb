import { describe, expect, it } from 'vitest';
import type { TickStore } from './store.js';
import { shareOfText, together } from './together.js';

interface Question {
  readonly tick: string;
  readonly drone: number;
  readonly text?: string;
}

const store = {} as TickStore;

function lab(answer: (drone: number) => string | undefined = String) {
  const asked: { tick: string; drones: number[] }[] = [];
  const ask = together<Question, string>(
    (_store, questions, { tick }) => {
      const drones = questions.map(({ drone }) => drone);
      asked.push({ tick, drones });
      return Promise.resolve(drones.map(answer) as string[]);
    },
    ({ tick }) => tick,
    ({ text = '' }) => shareOfText(text.length),
  );
  return { asked, ask };
}

const upTo = (count: number) => Array.from({ length: count }, (_, drone) => drone);

describe('together', () => {
  it('asks in one go what is asked in one turn, and answers each', async () => {
    const { asked, ask } = lab();
    const replies = await Promise.all(upTo(3).map((drone) => ask(store, { tick: 'a', drone })));
    expect(replies).toEqual(['0', '1', '2']);
    expect(asked).toEqual([{ tick: 'a', drones: [0, 1, 2] }]);
    await ask(store, { tick: 'a', drone: 7 });
    expect(asked[1]).toEqual({ tick: 'a', drones: [7] });
  });

  it('never mixes ticks, nor stores', async () => {
    const { asked, ask } = lab();
    const another = {} as TickStore;
    await Promise.all([
      ask(store, { tick: 'a', drone: 1 }),
      ask(store, { tick: 'b', drone: 2 }),
      ask(store, { tick: 'a', drone: 3 }),
      ask(another, { tick: 'a', drone: 4 }),
    ]);
    expect(asked.map(({ drones }) => drones)).toEqual([[1, 3], [2], [4]]);
  });

  it('does not hold Redis up: no more than 100 in one go', async () => {
    const { asked, ask } = lab();
    await Promise.all(upTo(250).map((drone) => ask(store, { tick: 'a', drone })));
    expect(asked.map(({ drones }) => drones.length)).toEqual([100, 100, 50]);
    expect(asked.flatMap(({ drones }) => drones)).toEqual(upTo(250));
  });

  it('sends what is long by itself', async () => {
    const { asked, ask } = lab();
    const long = 'x'.repeat(200_000);
    const texts = ['', long, long, '', 'x'.repeat(1_000_000), ''];
    await Promise.all(texts.map((text, drone) => ask(store, { tick: 'a', drone, text })));
    expect(asked.map(({ drones }) => drones)).toEqual([[0, 1], [2, 3], [4], [5]]);
  });

  it('fails all that asked when the script fails, and nobody else', async () => {
    let broken = true;
    const ask = together<Question, string>(
      (_store, questions) =>
        broken
          ? Promise.reject(new Error('away'))
          : Promise.resolve(questions.map(({ drone }) => String(drone))),
      ({ tick }) => tick,
    );
    const both = await Promise.allSettled(upTo(2).map((drone) => ask(store, { tick: 'a', drone })));
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    expect(await ask(store, { tick: 'a', drone: 1 })).toBe('1');
  });

  it('rejects who got no reply', async () => {
    const { ask } = lab((drone) => (drone === 1 ? undefined : 'yes'));
    const replies = await Promise.allSettled(
      upTo(3).map((drone) => ask(store, { tick: 'a', drone })),
    );
    expect(replies.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
