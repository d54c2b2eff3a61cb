import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { admitCalls, checkBatchSize, type KnownMethods } from './admit-calls.js';
import { describeIssues } from './describe-issues.js';
import { InvalidInputError } from './errors.js';
import { DEFAULT_CALL_TIMEOUT_MS, LIMITS } from './limits.js';
import { BUILT_IN_METHODS } from './methods.js';

const nth = (index: number) => `--call ${String(index + 1)}`;
const admit = (call: unknown, methods: KnownMethods = BUILT_IN_METHODS) =>
  admitCalls([call], methods, nth)[0];

describe('admitCalls', () => {
  it('fills in what the method knows', () => {
    expect(admit({ method: 'exec', args: { argv: ['true'] } })).toEqual({
      method: 'exec',
      args: { argv: ['true'] },
      timeoutMs: DEFAULT_CALL_TIMEOUT_MS,
      effect: 'once',
    });
    expect(admit({ method: 'ping' })).toMatchObject({ args: {}, effect: 'read' });
  });

  it('keeps what the call says itself', () => {
    const call = { method: 'exec', args: { shell: 'ls' }, timeoutMs: 1, effect: 'read' };
    expect(admit(call)).toEqual(call);
  });

  it('keeps the order of the calls', () => {
    const calls = ['ping', 'exec', 'ping'].map((method) => ({
      method,
      args: method === 'exec' ? { argv: ['a'] } : {},
    }));
    expect(admitCalls(calls, BUILT_IN_METHODS, nth).map(({ method }) => method)).toEqual([
      'ping',
      'exec',
      'ping',
    ]);
    expect(admitCalls([], BUILT_IN_METHODS, nth)).toEqual([]);
  });

  it.each([
    ['exec', { argv: ['a'] }, 'once'],
    ['ping', {}, 'read'],
    ['read', { path: '/a' }, 'read'],
    ['write', { path: '/a', content: '' }, 'idempotent'],
    ['write', { path: '/a', content: '', append: false }, 'idempotent'],
    ['write', { path: '/a', content: '', append: true }, 'once'],
    ['spawn', { argv: ['a'] }, 'once'],
    ['refresh', { pidFiles: [] }, 'read'],
    ['kill', { pids: [] }, 'idempotent'],
    ['copy', { from: '/a', to: '/b' }, 'idempotent'],
    ['put', { from: '/a', to: '/b' }, 'idempotent'],
    ['get', { from: '/a', to: '/b', canFail: true }, 'idempotent'],
  ])('%s %j has the effect %s', (method, args, effect) => {
    expect(admit({ method, args })?.effect).toBe(effect);
  });

  it('leaves the arguments of a method that is known by name only to its worker', () => {
    const methods: KnownMethods = { deploy: { effect: 'idempotent' } };
    expect(admit({ method: 'deploy', args: { any: [1] } }, methods)).toEqual({
      method: 'deploy',
      args: { any: [1] },
      timeoutMs: DEFAULT_CALL_TIMEOUT_MS,
      effect: 'idempotent',
    });
  });

  it.each<[unknown, string]>([
    ['exec', 'expected object, received string'],
    [null, 'expected object, received null'],
    [[], 'expected object, received array'],
    [{}, 'method: missing; expected string'],
    [{ method: 5 }, 'method: expected string, received number'],
    [{ method: 'rm -rf' }, 'method: expected the name of a method'],
    [{ method: 'exce' }, "unknown method 'exce'; did you mean 'exec'?"],
    [{ method: 'deploy' }, "unknown method 'deploy'; known: exec, ping"],
    [{ method: 'constructor' }, "unknown method 'constructor'; known: exec, ping"],
    [{ method: 'ping', arg: {} }, "unknown key 'arg'; did you mean 'args'?"],
    [{ method: 'ping', foo: 1, bar: 2 }, "unknown key 'foo'; unknown key 'bar'"],
    [{ method: 'exec', args: 'ls' }, 'args: expected an object'],
    [{ method: 'exec', args: ['ls'] }, 'args: expected an object'],
    [{ method: 'ping', timeoutMs: 0 }, 'timeoutMs: expected number to be >=1'],
    [{ method: 'ping', timeoutMs: 1.5 }, 'timeoutMs: expected int, received number'],
    [{ method: 'ping', timeoutMs: '5s' }, 'timeoutMs: expected number, received string'],
    [{ method: 'ping', timeoutMs: 604_800_001 }, 'timeoutMs: expected number to be <=604800000'],
    [{ method: 'ping', effect: 'twice' }, 'effect: expected one of "read"|"idempotent"|"once"'],
  ])('refuses the call %j', (call, message) => {
    const { exec, ping } = BUILT_IN_METHODS as Required<typeof BUILT_IN_METHODS>;
    const methods = { ...(exec && { exec }), ...(ping && { ping }) };
    expect(() => admit(call, methods)).toThrow(new InvalidInputError(`--call 1: ${message}`));
  });

  it.each<[string, unknown, string]>([
    ['exec', {}, "expected either 'argv' or 'shell'"],
    ['exec', { argv: ['a'], shell: 'b' }, "expected either 'argv' or 'shell'"],
    ['exec', { argv: [] }, 'argv: expected array to have >=1 items'],
    ['exec', { argv: 'a' }, 'argv: expected array, received string'],
    ['exec', { argv: ['a', 5] }, 'argv[1]: expected string, received number'],
    ['exec', { argv: [''] }, 'argv[0]: the command is empty'],
    ['exec', { argv: ['a\0b'] }, 'argv[0]: must not hold a NUL character'],
    ['exec', { shell: 'a', cwd: '' }, 'cwd: expected string to have >=1 characters'],
    [
      'exec',
      { shell: 'a', env: { 'A-B': '' } },
      'env.A-B: expected the name of an environment variable',
    ],
    ['exec', { shell: 'a', env: { A: 5 } }, 'env.A: expected string, received number'],
    ['exec', { shell: 'a', stdin: 5 }, 'stdin: expected string, received number'],
    ['exec', { shell: 'a', check: 'no' }, 'check: expected boolean, received string'],
    ['exec', { shell: 'a', maxOutputBytes: -1 }, 'maxOutputBytes: expected number to be >=0'],
    [
      'exec',
      { shell: 'a', maxOutputBytes: LIMITS.maxOutputBytes + 1 },
      'maxOutputBytes: expected number to be <=16777216',
    ],
    ['exec', { shell: 'a', chek: false }, "unknown key 'chek'; did you mean 'check'?"],
    ['read', {}, 'path: missing; expected string'],
    ['read', { path: '' }, 'path: expected string to have >=1 characters'],
    ['read', { path: 'a\0' }, 'path: must not hold a NUL character'],
    ['write', { path: '/a' }, 'content: missing; expected string'],
    ['write', { path: '/a', content: '', mode: '888' }, "mode: expected octal digits, e.g. '644'"],
    ['write', { path: '/a', content: '', mode: true }, "mode: expected octal digits, e.g. '644'"],
    ['write', { path: '/a', content: '', mode: 4096 }, 'mode: expected number to be <=4095'],
    ['write', { path: '/a', content: 'x!', encoding: 'base64' }, 'content: expected base64'],
    [
      'write',
      { path: '/a', content: '', encoding: 'hex' },
      'encoding: expected one of "utf8"|"base64"',
    ],
    ['write', { path: '/a', content: '', append: 1 }, 'append: expected boolean, received number'],
    ['ping', { host: 'a' }, "unknown key 'host'"],
    ['spawn', {}, 'argv: missing; expected array'],
    ['spawn', { argv: [''] }, 'argv[0]: the command is empty'],
    ['spawn', { argv: ['a'], logFile: '' }, 'logFile: expected string to have >=1 characters'],
    ['spawn', { argv: ['a'], pidfile: '/a' }, "unknown key 'pidfile'; did you mean 'pidFile'?"],
    ['refresh', {}, 'pidFiles: missing; expected array'],
    ['refresh', { pidFiles: ['a\0'] }, 'pidFiles[0]: must not hold a NUL character'],
    [
      'refresh',
      { pidFiles: Array.from({ length: LIMITS.pidFiles + 1 }, () => 'a') },
      'pidFiles: expected array to have <=1000 items',
    ],
    ['kill', { pids: [5, 1] }, 'pids[1]: expected the id of a process group, 2 or more'],
    ['kill', { pids: [-5] }, 'pids[0]: expected the id of a process group, 2 or more'],
    ['kill', { pids: [2.5] }, 'pids[0]: expected int, received number'],
    ['kill', { pids: [5], graceMs: -1 }, 'graceMs: expected number to be >=0'],
    ['copy', { from: '/a' }, 'to: missing; expected string'],
    ['put', { from: '/a', to: '' }, 'to: expected string to have >=1 characters'],
    ['get', { from: '/a\0', to: '/b' }, 'from: must not hold a NUL character'],
    [
      'put',
      { from: '/a', to: '/b', canfail: true },
      "unknown key 'canfail'; did you mean 'canFail'?",
    ],
    [
      'write',
      { path: 5, contents: 'x' },
      "path: expected string, received number; content: missing; expected string; unknown key 'contents'; did you mean 'content'?",
    ],
  ])('refuses %s %j', (method, args, message) => {
    expect(() => admit({ method, args })).toThrow(
      new InvalidInputError(`--call 1: ${method}: ${message}`),
    );
  });

  it('names the place of the call that is wrong', () => {
    const calls = [{ method: 'ping' }, { method: 'ping' }, { method: 'pong' }];
    expect(() => admitCalls(calls, BUILT_IN_METHODS, (i) => `calls.yaml[${String(i)}]`)).toThrow(
      new InvalidInputError("calls.yaml[2]: unknown method 'pong'; did you mean 'ping'?"),
    );
  });

  it('takes 10,000 calls and no more', () => {
    const calls = Array.from({ length: LIMITS.calls }, () => ({ method: 'ping' }));
    expect(admitCalls(calls, BUILT_IN_METHODS, nth)).toHaveLength(10_000);
    expect(() => admitCalls([...calls, { method: 'ping' }], BUILT_IN_METHODS, nth)).toThrow(
      new InvalidInputError('--call 10001: a batch may hold 10000 calls at most'),
    );
  });
});

describe('checkBatchSize', () => {
  it('takes 4 MiB and no more', () => {
    checkBatchSize('x'.repeat(LIMITS.batchBytes), 'lab1');
    expect(() => {
      checkBatchSize('x'.repeat(LIMITS.batchBytes + 1), 'lab1');
    }).toThrow(
      new InvalidInputError(
        'lab1: the batch has 4194305 bytes; at most 4194304 (4 MiB) may travel',
      ),
    );
  });

  it('counts bytes, not characters', () => {
    expect(() => {
      checkBatchSize('€'.repeat(LIMITS.batchBytes / 2), 'lab1');
    }).toThrow('lab1: the batch has 6291456 bytes');
  });
});

describe('describeIssues', () => {
  const schema = z.strictObject({ list: z.array(z.strictObject({ name: z.string() })) });

  it.each<[unknown, string]>([
    [{ list: [{ name: 'a' }, { name: 1 }] }, 'list[1].name: expected string, received number'],
    [{ list: [], lst: 1 }, "unknown key 'lst'; did you mean 'list'?"],
    [{ list: [{ name: 'a', lst: 1 }] }, "list[0]: unknown key 'lst'"],
    [{ list: 1, x: 2 }, "list: expected array, received number; unknown key 'x'"],
  ])('says what is wrong with %j, and where', (value, text) => {
    const { error } = schema.safeParse(value);
    expect(error && describeIssues(error, schema)).toBe(text);
  });

  it('suggests nothing where it does not know the keys', () => {
    const { error } = schema.safeParse({ list: [], lst: 1 });
    expect(error && describeIssues(error)).toBe("unknown key 'lst'");
  });
});
