import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { writeTogether } from './write-together.js';

/** A link that writes down what goes out, a piece in each entry. */
function link() {
  const pieces: string[] = [];
  const duplex = new Duplex({
    read: () => undefined,
    writev: (chunks, callback) => {
      pieces.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      callback();
    },
  });
  writeTogether(duplex);
  return { duplex, pieces };
}

it('sends what is written in one turn in one piece, and the next turn by itself', async () => {
  const { duplex, pieces } = link();
  for (const part of ['a', 'b', 'c']) duplex.write(part);
  await new Promise((resolve) => setImmediate(resolve));
  duplex.write('d');
  await new Promise((resolve) => setImmediate(resolve));
  expect(pieces).toEqual(['abc', 'd']);
});

it('sends what was written before the end, and before it is cut nothing', async () => {
  const { duplex, pieces } = link();
  duplex.write('a');
  duplex.end('b');
  await new Promise((resolve) => setImmediate(resolve));
  const cut = link();
  cut.duplex.write('a');
  cut.duplex.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  expect([pieces.join(''), cut.pieces]).toEqual(['ab', []]);
});
