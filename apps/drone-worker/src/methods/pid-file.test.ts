import { describe, expect, it } from 'vitest';
import { parsePidFile } from './pid-file.js';

const nothing = { pid: null, exitStatus: null, failedTests: null };

describe('parsePidFile', () => {
  it.each([
    ['', { ...nothing, state: 'empty' }],
    ['123\n', { ...nothing, pid: 123, state: 'started' }],
    ['123', { ...nothing, pid: 123, state: 'started' }],
    [' 123 \r\n', { ...nothing, pid: 123, state: 'started' }],
    ['123\n25', { ...nothing, pid: 123, state: 'exit_pending' }],
    ['123\n0\n', { ...nothing, pid: 123, state: 'exit_pending' }],
    ['123\n256\n2\n', { pid: 123, exitStatus: 256, failedTests: 2, state: 'exited' }],
    ['123\n-15\n0', { pid: 123, exitStatus: -15, failedTests: 0, state: 'exited' }],
    ['123\n0\n0\n0\n', { ...nothing, state: 'invalid' }],
    ['123\n0\n0\n\n', { ...nothing, state: 'invalid' }],
    ['\n', { ...nothing, state: 'invalid' }],
    ['pid\n', { ...nothing, state: 'invalid' }],
    ['12.5\n', { ...nothing, state: 'invalid' }],
    ['0x7b\n', { ...nothing, state: 'invalid' }],
    ['0\n', { ...nothing, state: 'invalid' }],
    ['123\n\n0\n', { ...nothing, state: 'invalid' }],
    ['9'.repeat(4_096), { ...nothing, state: 'invalid' }],
  ])('behaviour 29: reads %j', (content, pidFile) => {
    expect(parsePidFile(content)).toEqual(pidFile);
  });
});
