import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseCredentials } from './dashboard-choice.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-choice-'));
  writeFileSync(join(folder, 'token'), ' a-token-of-some-length \nnot this\n');
  writeFileSync(join(folder, 'empty'), '\nthe second line\n');
  writeFileSync(join(folder, 'people'), 'ada:scrypt$…\n');
  mkdirSync(join(folder, 'folder'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the credentials of a dashboard', () => {
  it('are what the flags name', () => {
    const file = join(folder, 'people');
    expect(
      chooseCredentials({ tokenFile: join(folder, 'token'), credentialsFile: file }, {}),
    ).toEqual({
      token: { text: 'a-token-of-some-length', from: `--token-file ${join(folder, 'token')}` },
      file: { name: file, text: 'ada:scrypt$…\n' },
    });
  });

  it.each([
    ['tokenFile', 'empty', /^--token-file \S*empty: its first line is empty; expected a token/],
    ['tokenFile', 'missing', /^--token-file \S*missing: there is no such file$/],
    ['tokenFile', 'folder', /^--token-file \S*folder: it is a directory; expected a file$/],
    ['credentialsFile', 'missing', /^--credentials-file \S*missing: there is no such file$/],
  ])('%s %s is refused, with what is wrong with it', (flag, name, message) => {
    expect(() => chooseCredentials({ [flag]: join(folder, name) }, {})).toThrow(message);
  });
});
