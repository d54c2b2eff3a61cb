import { InvalidInputError } from '@muster/protocol';
import { expect, it } from 'vitest';
import { parseDocument } from './document.js';
import { Issues } from './issues.js';

function check(text: string, json = false): void {
  const issues = new Issues('f', text);
  const document = parseDocument(text, json, issues);
  issues.throwIfAny();
  expect(document).not.toBeNull();
}

it.each([
  ['a: 1\nb:\n\tc: 2\n', 'f:3:1: not valid YAML: Tabs are not allowed as indentation'],
  ['a: 1\r\nb: "x\r\n', 'f:3:1: not valid YAML: Missing closing "quote'],
  ['a: 1\n---\nb: 1\n', 'f:2:1: expected one document, a second one starts here'],
  ['a: 1\nb: *x\nx: &x 1\n', "f:2:4: unknown alias '*x': no anchor of that name stands before it"],
  ['a: !mine 1\n', 'f:1:4: not valid YAML: Unresolved tag: !mine'],
  [
    'rack: @r1\nall: *\n',
    'f:1:7: not valid YAML: Plain value cannot start with reserved character @; a node set needs quotes here\n' +
      'f:2:6: not valid YAML: Alias cannot be an empty string; a node set needs quotes here',
  ],
  [
    'drones: {lab[1-2]: {}}\n',
    'f:1:13: not valid YAML: Missing , or : between flow map items; a node set needs quotes here\n' +
      'f:1:18: not valid YAML: Missing , between flow map items',
  ],
])('says what is wrong with %j, and where', (text, message) => {
  expect(() => {
    check(text);
  }).toThrow(new InvalidInputError(message));
});

it('calls JSON JSON', () => {
  expect(() => {
    check('{"a": 1,\n "b" 2}', true);
  }).toThrow(new InvalidInputError('f:2:6: not valid JSON: Missing , or : between flow map items'));
});

it('takes keys of any length', () => {
  check(`${'k'.repeat(2_000)}: 1\n`);
});

it.each([
  ['[', 'f:1:65: nested more than 64 levels deep'],
  ['- ', 'f:1:129: nested more than 64 levels deep'],
])('refuses 10,000 times %j', (opening, message) => {
  expect(() => {
    check(opening.repeat(10_000));
  }).toThrow(new InvalidInputError(message));
});
