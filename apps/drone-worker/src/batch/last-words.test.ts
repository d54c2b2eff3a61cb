import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { lastWords } from './last-words.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const deaf = new Promise<string>(() => undefined);

/** What has become of it after so many milliseconds. */
async function after(milliseconds: number, words: Promise<string>): Promise<string> {
  const settled = words.catch((error: unknown) => String(error));
  await vi.advanceTimersByTimeAsync(milliseconds);
  return Promise.race([settled, Promise.resolve('silence')]);
}

it('are waited for until the report must be in, when the batch was told to end', async () => {
  const batch = new AbortController();
  const words = lastWords(deaf, batch.signal);
  expect(await after(60_000, words)).toBe('silence');
  batch.abort();
  expect(await after(949, words)).toBe('silence');
  expect(await after(1, words)).toBe('NoLastWordsError: it did not end when it was told to');
});

it('have as long when the batch was over before it began', async () => {
  const words = lastWords(deaf, AbortSignal.abort());
  expect(await after(949, words)).toBe('silence');
  expect(await after(1, words)).toMatch('NoLastWordsError');
});

it('have longer when only the call was told to end', async () => {
  const call = new AbortController();
  const words = lastWords(deaf, new AbortController().signal, call.signal);
  call.abort();
  expect(await after(3_499, words)).toBe('silence');
  expect(await after(1, words)).toMatch('NoLastWordsError');
});

it('are what the work comes to, when it does so in time', async () => {
  const batch = new AbortController();
  const work = new Promise<string>((resolve) => setTimeout(resolve, 900, 'ended'));
  const words = lastWords(work, batch.signal);
  batch.abort();
  expect(await after(900, words)).toBe('ended');
  expect(vi.getTimerCount()).toBe(0);
});
