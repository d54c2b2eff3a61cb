import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTickSettings, writeTickSettings } from './tick-settings.js';
import { WireError } from './wire-version.js';

const SETTINGS = { deadlineMs: 60_000, connectTimeoutMs: 10_000, attempts: 1, nonce: '00c0ffee' };

describe('readTickSettings', () => {
  it('gives back any settings that were written', () => {
    const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const settings = fc.record({
      deadlineMs: positive,
      connectTimeoutMs: positive,
      attempts: positive,
      nonce: fc.stringMatching(/^[0-9a-f]{8,16}$/),
    });
    fc.assert(
      fc.property(settings, (some) => {
        expect(readTickSettings(writeTickSettings(some))).toEqual(some);
      }),
    );
  });

  it('names both versions of settings of another', () => {
    expect(() => readTickSettings(JSON.stringify({ v: 3, ...SETTINGS }))).toThrow(
      new WireError(
        "version skew: the tick's settings has version 3, this Muster speaks version 1",
      ),
    );
  });

  it.each([
    ['{', "not a tick's settings: it is no JSON"],
    [
      JSON.stringify({ v: 1, ...SETTINGS, deadlineMs: 0 }),
      "not a tick's settings: deadlineMs: expected number to be >0",
    ],
    [
      JSON.stringify({ v: 1, ...SETTINGS, connectTimeoutMs: '10s' }),
      "not a tick's settings: connectTimeoutMs: expected number, received string",
    ],
    [
      JSON.stringify({ v: 1, ...SETTINGS, nonce: '' }),
      "not a tick's settings: nonce: expected hexadecimal digits",
    ],
    [
      JSON.stringify({ v: 1, ...SETTINGS, attempts: 1.5 }),
      "not a tick's settings: attempts: expected int, received number",
    ],
    [
      JSON.stringify({ v: 1, ...SETTINGS, nonce: 'mine; rm' }),
      "not a tick's settings: nonce: expected hexadecimal digits",
    ],
  ])('refuses %j', (json, message) => {
    expect(() => readTickSettings(json)).toThrow(new WireError(message));
  });
});
