import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as protocol from './index.js';
import {
  DuplicateDroneError,
  InfrastructureError,
  InvalidInputError,
  MusterError,
  NoDroneAnswersError,
  PendingCallsError,
  TickInFlightError,
  UncollectedResultsError,
} from './errors.js';

const ROOT = new URL('../../../', import.meta.url);

/** One of each class that protocol exports. */
const ERRORS: readonly MusterError[] = [
  new InvalidInputError('--deadline: 0s is out of range'),
  new InfrastructureError('Redis at redis://x: no such host'),
  new DuplicateDroneError(['lab1', 'lab2']),
  new TickInFlightError('default', 'default-1'),
  new UncollectedResultsError('default', 'default-1'),
  new PendingCallsError(['lab1', 'lab2']),
  new NoDroneAnswersError({ lab1: { outcome: 'unreachable', message: 'x' } }, 'lab1 unreachable'),
];

describe('every error', () => {
  it('that is exported is looked at here', () => {
    const all: unknown[] = Object.values(protocol);
    const exported = all.filter(isMusterErrorClass);
    const constructed = ERRORS.map((error) => error.constructor);
    expect([...exported].sort(byName)).toEqual([...constructed].sort(byName));
  });

  it.each(ERRORS.map((error) => [error.name, error] as const))(
    '%s is an Error with its own name and code',
    (name, error) => {
      expect(error).toBeInstanceOf(Error);
      expect(error).toBeInstanceOf(MusterError);
      expect(error.constructor.name).toBe(name);
      expect(error.code).toMatch(/^MUSTER_[A-Z_]+$/);
      expect(String(error)).toBe(`${name}: ${error.message}`);
    },
  );

  it('has a code that no other has', () => {
    const codes = definedClasses().map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('has the code that its source says', () => {
    const codeOf = new Map(definedClasses().map(({ name, code }) => [name, code]));
    for (const error of ERRORS) expect(codeOf.get(error.name)).toBe(error.code);
  });

  it('keeps its cause', () => {
    const cause = new Error('why');
    expect(new InvalidInputError('what', { cause }).cause).toBe(cause);
  });
});

describe('docs/errors.md', () => {
  it('has a row for each class, and none without a class', () => {
    const classes = definedClasses().map(({ name, code }) => `${name} ${code}`);
    const rows = documentedErrors().map(({ name, code }) => `${name} ${code}`);
    expect(rows.sort()).toEqual(classes.sort());
  });

  it('says what each means, what to do, and the exit code', () => {
    for (const { name, exit, means, toDo } of documentedErrors()) {
      expect(exit, name).toMatch(/^[1-4]$/);
      expect(means, name).not.toBe('');
      expect(toDo, name).not.toBe('');
    }
  });

  it('is read as a table of all of its rows', () => {
    expect(documentedErrors().map(({ name }) => name)).toContain('TickFailedError');
    expect(documentedErrors().length).toBeGreaterThanOrEqual(7);
  });
});

describe('messages', () => {
  it.each([
    [
      new DuplicateDroneError(['lab1', 'lab2']),
      'each drone may stand only once in a tick; given more than once: lab1, lab2',
    ],
    [
      new TickInFlightError('nightly', 'nightly-7'),
      'lane nightly is busy: its tick nightly-7 is still running; wait for it or cancel it',
    ],
    [
      new UncollectedResultsError('nightly', 'nightly-7'),
      'lane nightly holds the results of tick nightly-7: collect them with getResults(), or drop them with discard()',
    ],
    [
      new NoDroneAnswersError({}, '1 of 1 drone failed: …'),
      'no drone is left: 1 of 1 drone failed: …',
    ],
    [
      new PendingCallsError(['lab1', 'lab2']),
      'these drones still have calls queued, execute or clear them first: lab[1-2]',
    ],
  ])('%s', (error, message) => {
    expect(error.message).toBe(message);
  });

  it('come with what they name, for programs', () => {
    expect(new DuplicateDroneError(['lab1']).drones).toEqual(['lab1']);
    expect(new PendingCallsError(['lab1']).drones).toEqual(['lab1']);
    expect(new TickInFlightError('a', 'a-1')).toMatchObject({ lane: 'a', tick: 'a-1' });
    expect(new UncollectedResultsError('a', 'a-1')).toMatchObject({ lane: 'a', tick: 'a-1' });
  });
});

/**
 * The classes that extend MusterError anywhere in the sources, with their codes: by their text,
 * since protocol must not import the packages above it.
 */
function definedClasses(): { name: string; code: string }[] {
  const pattern =
    /class (\w+) extends MusterError\b(?:(?!\nclass |\nexport )[^])*?readonly code = '([^']*)'/g;
  return sources().flatMap((text) =>
    Array.from(text.matchAll(pattern), ([, name = '', code = '']) => ({ name, code })),
  );
}

function sources(): string[] {
  return ['libs', 'apps'].flatMap((group) =>
    readdirSync(new URL(`${group}/`, ROOT)).flatMap((name) => {
      const folder = new URL(`${group}/${name}/src/`, ROOT);
      return readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
        .map((path) => readFileSync(new URL(path, folder), 'utf8'));
    }),
  );
}

function documentedErrors() {
  const rows = readFileSync(new URL('docs/errors.md', ROOT), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.map(([, name = '', code = '', exit = '', means = '', toDo = '']) => ({
    name: name.replaceAll('`', ''),
    code: code.replaceAll('`', ''),
    exit,
    means,
    toDo,
  }));
}

interface ErrorClass {
  readonly name: string;
  readonly prototype: MusterError;
}

function isMusterErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof MusterError;
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}
