import { expect, it } from 'vitest';
import { checkNodeVersion } from './node-version.mjs';

it.each(['20.19.0', '20.20.2', '22.0.0', '26.1.0'])('accepts Node %s', (version) => {
  expect(() => checkNodeVersion(version)).not.toThrow();
});

it.each(['20.18.3', '18.20.4', '16.0.0'])('refuses Node %s and says what it needs', (version) => {
  expect(() => checkNodeVersion(version)).toThrow(
    `Muster needs Node 20.19 or newer; this is Node ${version}.`,
  );
});
