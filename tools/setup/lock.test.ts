import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withLock } from './lock.mjs';

let folder: string;
let lock: string;
const never = new AbortController().signal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-lock-'));
  lock = join(folder, 'deep', 'lock');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

it('lets one in at a time, in turn', async () => {
  let inside = 0;
  let most = 0;
  const enter = () =>
    withLock(lock, { signal: never, pollMs: 1 }, async () => {
      inside += 1;
      most = Math.max(most, inside);
      await Promise.resolve();
      inside -= 1;
    });
  await Promise.all([enter(), enter(), enter()]);
  expect(most).toBe(1);
  expect(existsSync(lock)).toBe(false);
});

it('gives the lock back when the work fails', async () => {
  const work = withLock(lock, { signal: never }, () => Promise.reject(new Error('no')));
  await expect(work).rejects.toThrow('no');
  expect(existsSync(lock)).toBe(false);
});

it('takes over the lock of a dead process', async () => {
  await withLock(lock, { signal: never }, () => Promise.resolve());
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(lock, String(pid));
  await expect(withLock(lock, { signal: never }, () => Promise.resolve('done'))).resolves.toBe(
    'done',
  );
});

it('stops waiting when interrupted', async () => {
  const controller = new AbortController();
  await withLock(lock, { signal: never }, async () => {
    const waiting = withLock(lock, { signal: controller.signal, pollMs: 1 }, () =>
      Promise.resolve(),
    );
    controller.abort();
    await expect(waiting).rejects.toThrow('aborted');
  });
});

it('names the holder when patience ends', async () => {
  await withLock(lock, { signal: never }, async () => {
    const waiting = withLock(lock, { signal: never, pollMs: 1, patienceMs: 0 }, () =>
      Promise.resolve(),
    );
    await expect(waiting).rejects.toThrow(`process ${process.pid}`);
  });
});
