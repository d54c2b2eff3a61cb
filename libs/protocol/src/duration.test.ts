import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.js';
import { InvalidInputError } from './errors.js';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['1.5m', 90_000],
    ['0.25s', 250],
    ['1ms', 1],
    ['0.5ms', 1],
    ['1.4ms', 1],
    [' 30s\n', 30_000],
  ])('reads %j as %i ms', (text, milliseconds) => {
    expect(parseDuration(text, '--deadline')).toBe(milliseconds);
  });

  it.each([
    '',
    '30',
    's',
    '30 s',
    '-30s',
    '+30s',
    '.5s',
    '5.s',
    '1e3s',
    '30S',
    '1m30s',
    '30sec',
    '٣s',
  ])('refuses %j: it is none', (text) => {
    expect(() => parseDuration(text, '--deadline')).toThrow(
      new InvalidInputError(
        `--deadline: '${text}' is not a duration; expected e.g. 500ms, 30s or 5m`,
      ),
    );
  });

  it.each(['0s', '0.4ms', '7.1d', '169h', `${'9'.repeat(400)}s`])(
    'refuses %j: out of range',
    (text) => {
      expect(() => parseDuration(text, '--every')).toThrow(
        new InvalidInputError(`--every: '${text}' is out of range; expected 1ms to 7d`),
      );
    },
  );
});

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [0.4, '0ms'],
    [870, '870ms'],
    [999, '999ms'],
    [999.6, '1s'],
    [1_000, '1s'],
    [4_210, '4.2s'],
    [10_000, '10s'],
    [59_940, '59.9s'],
    [59_960, '1m'],
    [60_000, '1m'],
    [60_600, '1m 1s'],
    [200_000, '3m 20s'],
    [3_599_400, '59m 59s'],
    [3_599_600, '1h'],
    [3_600_000, '1h'],
    [7_500_000, '2h 5m'],
    [86_399_000, '1d'],
    [90_000_000, '1d 1h'],
    [604_800_000, '7d'],
  ])('says %d ms as %j', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it('is undone by parseDuration where one unit says it all', () => {
    const exact = fc.oneof(
      fc.integer({ min: 1, max: 999 }),
      fc.integer({ min: 10, max: 599 }).map((tenths) => tenths * 100),
      fc.integer({ min: 1, max: 59 }).map((minutes) => minutes * 60_000),
      fc.integer({ min: 1, max: 23 }).map((hours) => hours * 3_600_000),
      fc.integer({ min: 1, max: 7 }).map((days) => days * 86_400_000),
    );
    fc.assert(
      fc.property(exact, (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds), 'x')).toBe(milliseconds);
      }),
    );
  });

  it('is off by no more than half of the smallest unit it says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 604_800_000 }), (milliseconds) => {
        const parts = formatDuration(milliseconds).split(' ');
        const said = parts.reduce((sum, part) => sum + parseDuration(part, 'x'), 0);
        const error = Math.abs(said - milliseconds);
        const allowed = [
          [1_000, 0],
          [60_000, 50],
          [3_600_000, 500],
          [86_400_000, 30_000],
          [Infinity, 1_800_000],
        ].find(([below = 0]) => milliseconds < below)?.[1];
        expect(error).toBeLessThanOrEqual(allowed ?? 0);
      }),
      { numRuns: 500 },
    );
  });
});
