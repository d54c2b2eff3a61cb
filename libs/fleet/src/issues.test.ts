import { InvalidInputError } from '@muster/protocol';
import { expect, it } from 'vitest';
import { Issues } from './issues.js';

it('is silent without errors', () => {
  expect(() => {
    new Issues('f', '').throwIfAny();
  }).not.toThrow();
});

it('lists the errors in file order, a line each, columns from 1', () => {
  const issues = new Issues('dir/f.yaml', 'ab\r\ncd\n');
  issues.add(5, 'third');
  issues.add(1, 'first\nof them');
  issues.add(4, 'second');
  expect(() => {
    issues.throwIfAny();
  }).toThrow(
    new InvalidInputError(
      'dir/f.yaml:1:2: first of them\ndir/f.yaml:2:1: second\ndir/f.yaml:2:2: third',
    ),
  );
});

it.each([
  [20, '\nf:1:20: x'],
  [21, '\nf:1:20: x\nand 1 more'],
  [45, '\nf:1:20: x\nand 25 more'],
])('shows 20 of %i', (count, end) => {
  const issues = new Issues('f', 'y'.repeat(100));
  for (let offset = 0; offset < count; offset++) issues.add(offset, 'x');
  let message = '';
  try {
    issues.throwIfAny();
  } catch (error) {
    message = String(error);
  }
  expect(message.endsWith(end)).toBe(true);
  expect(issues.full).toBe(count > 20);
});
